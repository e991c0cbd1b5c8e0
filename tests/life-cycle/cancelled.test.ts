/**
 * A cancellation in every moment: what was sent is let be taken, and whatever has not ended by then
 * is called off at the upstream. What has, is delivered.
 */
import { vi, expect } from 'vitest'
import { api } from '../support/api.ts'
import { rowsOf, isPassed } from './rows/moments.ts'
import { queues } from './rows/each.ts'
import { cancelled, ends, made } from './rows/outcomes.ts'
import { typeOf } from './support/models.ts'
import { generationOf, isCancelRequested } from './support/observe.ts'
import type { Kind, Moment, Row } from './support/row.ts'
import { look, testGroup } from './support/table.ts'
import { inWorld, type Ordered, type World } from './support/world.ts'

function afterCancel(kind: Kind, moment: Moment) {
  if (!isPassed(moment)) {
    const told = kind.endsWith('film') ? '500 server_error, not charged, do not retry' : undefined
    return { ...cancelled, submissions: '0', jobs: '0', ...(told === undefined ? {} : { told }) }
  }
  if (moment !== 'at work') return {}
  // Of a run that it has called off fal does not say whether it is billed.
  return kind.startsWith('fal') ? { ...cancelled, key: 'bound' as const } : cancelled
}

const rows = [
  ...rowsOf(
    { misfortune: 'cancelled', shows: (moment) => (isPassed(moment) ? 'D4 D9' : 'D9') },
    afterCancel,
  ),
  // The upstream has asked to be left alone for half a minute.
  ...queues.map((kind): Row => ({
    kind,
    moment: 'at work',
    misfortune: 'cancelled between two looks',
    script: { status: [{ status: 503, headers: { 'retry-after': '30' } }, {}] },
    shows: 'D9',
    expected: ends(kind, { ...made, ...afterCancel(kind, 'at work') }),
  })),
]

testGroup({ name: 'cancelled', blow: 'cancelled', rows }, () =>
  inWorld(rows, {}, async (world) => {
    const ordered = await world.orderAll()
    const cancelling = Promise.all(ordered.map((each) => cancel(world, each)))
    await vi.waitFor(() =>
      expect(ordered.filter((each) => !isCancelRequested(world.gateway, each))).toEqual([]),
    )
    world.letGo()
    await world.openGates('in flight')
    await cancelling
    return look(world.gateway, ordered)
  }),
)

/** Its answer tells what became of it: nobody is left waiting for a look that is far away. */
async function cancel({ gateway }: World, { row, name }: Ordered): Promise<void> {
  const id = generationOf(gateway.dataDir, name)
  const path = `/v2/${typeOf(row.kind)}s/generations/${id}/cancel`
  const { status, body } = await api(gateway, 'POST', path)
  const cancellation = row.expected.money === 'returned' ? 'cancelled' : 'too_late'
  expect({ row, status, cancellation: body.cancellation }).toEqual({
    row,
    status: 200,
    cancellation,
  })
}
