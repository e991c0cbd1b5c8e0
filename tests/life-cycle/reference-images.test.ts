/** Whatever else is deleted meanwhile, a second try has the images that were ordered with. */
import sharp from 'sharp'
import { expect, vi } from 'vitest'
import { readRows } from '../faults/support/database-file.ts'
import { ends, made } from './rows/outcomes.ts'
import { shiftedClock } from './support/clock.ts'
import type { Row } from './support/row.ts'
import { look, testGroup } from './support/table.ts'
import { inWorld } from './support/world.ts'

const picture = sharp({ create: { width: 64, height: 64, channels: 3, background: 'tomato' } })
const image = `data:image/png;base64,${(await picture.png().toBuffer()).toString('base64')}`

const rows = (['openai image', 'fal image'] as const).map((kind): Row => ({
  kind,
  image,
  misfortune: 'refused, killed, and tried again after a sweep',
  moment: 'recorded',
  script: { submit: [{ status: 429 }, {}] },
  deadlineSeconds: 3600,
  shows: 'D10',
  expected: { ...ends(kind, { ...made, submissions: '2' }), told: 'cut off' },
}))

// Files are kept for a second, and the next gateway runs half an hour later.
testGroup({ name: 'reference-images', blow: 'SIGKILL, and a sweep', rows }, () => {
  const clock = shiftedClock()
  const config = { retention: { files_seconds: 1 } }
  return inWorld(rows, { ...clock, config }, async (world) => {
    const { gateway } = world
    const ordered = await world.orderAll()
    await gateway.kill()
    const later = 1_800_000
    clock.set(later)
    const held = world.holdAgain('submitting')
    await gateway.restart()
    await held
    await vi.waitFor(() => expect(sweptUntil(gateway.dataDir)).toBeGreaterThan(Date.now() + later))
    world.letGo()
    return look(gateway, ordered)
  })
})

/** When the next sweep is due. */
function sweptUntil(dataDir: string): number {
  return (
    readRows<{ at: number }>(dataDir, "SELECT run_at AS at FROM jobs WHERE id = 'retention'")[0]
      ?.at ?? 0
  )
}
