/** Everything that upstreams are known to do wrong, to each kind of work once. */
import { fetchingRows } from './rows/fetching.ts'
import { pollingRows } from './rows/polling.ts'
import { submittingRows } from './rows/submitting.ts'
import { look, testGroup } from './support/table.ts'
import { inWorld } from './support/world.ts'

for (const [name, blow, rows] of [
  ['submitting', 'while it is submitted', submittingRows],
  ['polling', 'while it is made', pollingRows],
  ['fetching', 'while it is fetched', fetchingRows],
] as const) {
  testGroup({ name, blow, rows }, () =>
    inWorld(rows, {}, async (world) => look(world.gateway, await world.orderAll())),
  )
}
