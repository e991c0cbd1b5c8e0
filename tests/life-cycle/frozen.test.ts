/**
 * SIGSTOP in every moment, until another gateway has taken everything over and brought it to its
 * end. Woken up again, the first one goes on with what it was about to do: it must not submit what
 * may have been submitted, and not change a thing that the other has written. Two gateways never
 * share a folder, since the system locks it; here the lock's file is removed.
 */
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import { startGateway, type TestGateway } from '../support/gateway.ts'
import { isPassed, rowsOf } from './rows/moments.ts'
import { unanswered } from './rows/outcomes.ts'
import { readEnds } from './support/observe.ts'
import { look, testGroup } from './support/table.ts'
import { inWorld, type World } from './support/world.ts'

const rows = rowsOf({ misfortune: 'frozen', shows: () => 'D1' }, (kind, moment) => ({
  ...unanswered(kind, moment),
  // Answered by the process that slept meanwhile, from the rows.
  ...(kind.endsWith('film') && !isPassed(moment) ? { told: '202 pending, charged' } : {}),
}))

testGroup({ name: 'frozen', blow: 'SIGSTOP, overtaken, SIGCONT', rows }, () =>
  inWorld(rows, {}, async (world) => {
    const { gateway: first } = world
    const ordered = await world.orderAll()
    first.process.kill('SIGSTOP')
    const second = await startBeside(world)
    try {
      await world.openGates()
      const ends = await readEnds(second, ordered)
      first.process.kill('SIGCONT')
      world.letGo()
      await Promise.all(ordered.map(({ told }) => told))
      // It goes once its steps and submissions have ended.
      await first.kill('SIGTERM')
      expect(first.process.exitCode).toBe(0)
      expect(await readEnds(second, ordered)).toEqual(ends)
      return await look(second, ordered)
    } finally {
      await second.kill()
    }
  }),
)

async function startBeside({ gateway: { dataDir }, options }: World): Promise<TestGateway> {
  rmSync(join(dataDir, 'gateway.lock'))
  const { onSignal: _, ...same } = options
  return startGateway({ ...same, dataDir })
}
