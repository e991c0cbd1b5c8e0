/**
 * Ends at which nobody knows what became of a job: what is found out later, from an upstream that
 * can be asked again, and what is made of those that have left the configuration.
 */
import { expect, vi } from 'vitest'
import type { TestGateway } from '../support/gateway.ts'
import type { Script } from '../support/upstream/script.ts'
import { shiftedClock } from './support/clock.ts'
import { ends, failed, unknown, wasted } from './rows/outcomes.ts'
import { observe, readBooks } from './support/observe.ts'
import type { Kind, Row } from './support/row.ts'
import { look, testGroup } from './support/table.ts'
import { inWorld, type Ordered } from './support/world.ts'

const kinds: readonly Kind[] = ['fal image', 'comfyui image']
const down = { status: 503 }
const unreachable: Script = { status: down, result: down, cancel: down, lookup: down }

const overdue: Row[] = [
  {
    kind: 'comfyui image',
    misfortune: 'out of reach, and stopped when it is back',
    script: { ...unreachable, job: { pendingPolls: 'forever' } },
    deadlineSeconds: 2,
    shows: 'D7 D12',
    expected: {
      ...ends('comfyui image', failed),
      told: '500 server_error, not charged, do not retry',
    },
  },
  ...kinds.map((kind): Row => ({
    kind,
    misfortune: 'out of reach, and done when it is back',
    script: unreachable,
    deadlineSeconds: 2,
    shows: 'D12',
    expected: {
      ...ends(kind, kind === 'fal image' ? wasted : failed),
      told: '500 server_error, not charged, do not retry',
    },
  })),
]

testGroup({ name: 'reconciled', blow: 'asked again after a new start', rows: overdue }, () =>
  inWorld(overdue, {}, async ({ gateway, orderAll }) => {
    const ordered = await orderAll()
    await expectUnknown(gateway, ordered)
    for (const { routes, row } of ordered) {
      await routes[0]?.account.script('', { job: row.script?.job ?? {} })
    }
    await gateway.restart()
    await vi.waitFor(async () => expect((await readBooks(gateway)).open).toEqual([]), 30_000)
    return look(gateway, ordered)
  }),
)

const left: Row[] = kinds.map((kind) => ({
  kind,
  misfortune: 'its upstream leaves the configuration',
  moment: 'at work',
  deadlineSeconds: 3,
  shows: 'D6',
  expected: { ...ends(kind, wasted), told: 'cut off' },
}))

testGroup({ name: 'left', blow: 'left the configuration, a day later', rows: left }, () => {
  const clock = shiftedClock()
  return inWorld(left, clock, async ({ gateway, orderAll }) => {
    const ordered = await orderAll()
    await gateway.kill()
    await gateway.restart({ config: {} })
    await expectUnknown(gateway, ordered)
    expect((await readBooks(gateway)).open).toEqual(ordered.map(({ name }) => name))
    await gateway.kill()
    clock.set(25 * 3_600_000)
    await gateway.restart({ config: {} })
    await vi.waitFor(async () => expect((await readBooks(gateway)).open).toEqual([]), 30_000)
    return look(gateway, ordered)
  })
})

async function expectUnknown(gateway: TestGateway, ordered: readonly Ordered[]): Promise<void> {
  for (const each of ordered) {
    const { after, money, key } = await observe(gateway, each, await each.told)
    expect({ after, money, key }).toEqual({ after: unknown.after, money: 'held', key: 'bound' })
  }
}
