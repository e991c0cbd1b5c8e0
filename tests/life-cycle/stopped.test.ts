/**
 * SIGTERM in every moment: what runs is let end, what was sent is waited for and its answer written
 * down, and the next start takes up the rest.
 */
import { expect } from 'vitest'
import { rowsOf } from './rows/moments.ts'
import { look, testGroup } from './support/table.ts'
import { inWorld } from './support/world.ts'

const isSent = (moment: string) => ['submitting', 'in flight', 'answered'].includes(moment)

const rows = rowsOf(
  { misfortune: 'stopped', shows: (moment) => (isSent(moment) ? 'D4' : undefined) },
  () => ({}),
)

testGroup({ name: 'stopped', blow: 'SIGTERM, and a new start', rows }, () =>
  inWorld(rows, {}, async (world) => {
    const { gateway } = world
    const ordered = await world.orderAll()
    const gone = gateway.kill('SIGTERM')
    await gateway.logged(/SIGTERM: letting running requests end/)
    await world.openGates()
    world.letGo()
    await gone
    expect(gateway.process.exitCode).toBe(0)
    await gateway.restart()
    return look(gateway, ordered)
  }),
)
