/**
 * kill -9 in every moment of every upstream's work: the next start finishes what can be finished, and
 * sends nothing again that may have been taken.
 */
import { rowsOf } from './rows/moments.ts'
import { unknown } from './rows/outcomes.ts'
import type { Kind, Moment } from './support/row.ts'
import { look, testGroup } from './support/table.ts'
import { openWorld } from './support/world.ts'

/** Only ComfyUI can be asked for a job whose answer was lost. */
function afterKill(kind: Kind, moment: Moment) {
  if (kind.startsWith('comfyui')) return {}
  if (moment === 'submitting') return { ...unknown, submissions: '0' }
  return moment === 'in flight' || moment === 'answered' ? unknown : {}
}

const killed = rowsOf('killed', afterKill)

testGroup({ name: 'killed', blow: 'SIGKILL, and a new start', rows: killed }, async () => {
  const world = await openWorld(killed)
  try {
    const ordered = await world.orderAll()
    await world.gateway.kill()
    await world.letGo()
    await world.gateway.restart()
    return await look(world.gateway, ordered)
  } finally {
    await world.stop()
  }
})
