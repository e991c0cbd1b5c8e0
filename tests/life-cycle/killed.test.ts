/**
 * kill -9 in every moment of every upstream's work: the next start finishes what can be finished, and
 * sends nothing again that may have been taken.
 */
import { rowsOf, toldBefore } from './rows/moments.ts'
import { unanswered } from './rows/outcomes.ts'
import { look, testGroup } from './support/table.ts'
import { inWorld } from './support/world.ts'

const rows = rowsOf({ misfortune: 'killed' }, (kind, moment) => ({
  ...unanswered(kind, moment),
  ...toldBefore(kind, moment),
}))

testGroup({ name: 'killed', blow: 'SIGKILL, and a new start', rows }, () =>
  inWorld(rows, {}, async (world) => {
    const { gateway } = world
    const ordered = await world.orderAll()
    await gateway.kill()
    await world.openGates()
    world.letGo()
    await gateway.restart()
    return look(gateway, ordered)
  }),
)
