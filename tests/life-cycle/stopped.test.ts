/**
 * SIGTERM in every moment: what runs is let end, what was sent is waited for and its answer written
 * down, and the next start takes up the rest.
 */
import { expect } from 'vitest'
import { rowsOf } from './rows/moments.ts'
import { ends, made, unanswered } from './rows/outcomes.ts'
import { all } from './rows/each.ts'
import type { Row } from './support/row.ts'
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

/** Whoever waits for longer than the drain lasts is told that it goes on. */
const inFlight = (misfortune: string, end: (kind: Row['kind']) => Partial<typeof made>): Row[] =>
  all.map((kind) => {
    const told = kind.endsWith('image') ? { told: '500 server_error, retry' } : {}
    const expected = { ...ends(kind, { ...made, ...end(kind) }), ...told }
    return { kind, moment: 'in flight', misfortune, shows: 'D4 D5', expected }
  })

const answered = inFlight('stopped, and answered when nobody waits for it', () => ({}))

testGroup({ name: 'stopped-in-flight', blow: 'SIGTERM, and an answer', rows: answered }, () =>
  inWorld(answered, { config: { drain_seconds: 3 } }, async (world) => {
    const { gateway } = world
    const ordered = await world.orderAll()
    const gone = gateway.kill('SIGTERM')
    await Promise.all(ordered.map(({ told }) => told))
    await world.openGates()
    await gone
    expect(gateway.process.exitCode).toBe(0)
    await gateway.restart()
    return look(gateway, ordered)
  }),
)

const silent = inFlight('stopped, and never answered', (kind) => unanswered(kind, 'in flight'))

testGroup({ name: 'stopped-silent', blow: 'SIGTERM, and no answer', rows: silent }, () =>
  inWorld(silent, { config: { drain_seconds: 1 } }, async (world) => {
    const { gateway } = world
    const ordered = await world.orderAll()
    await gateway.kill('SIGTERM')
    expect(gateway.process.exitCode).toBe(0)
    await gateway.restart()
    return look(gateway, ordered)
  }),
)
