/** Faults of this machine after an upstream has made, and billed, a picture: it is never lost by them. */
import { sendJson } from '../safety/api/support/judge.ts'
import { startCheckService } from '../safety/support/check-service.ts'
import { limitFileSize, noFullDisk } from '../faults/support/full-disk.ts'
import { ends, made } from './rows/outcomes.ts'
import type { Kind, Moment, Row } from './support/row.ts'
import { look, testGroup } from './support/table.ts'
import { inWorld } from './support/world.ts'

const images: readonly Kind[] = ['openai image', 'fal image', 'comfyui image']

/** In memory, fetched from its place, and on record. */
const arrivals = (kind: Kind): Moment[] =>
  kind === 'openai image' ? ['answered', 'stored'] : ['answered', 'finished', 'stored']

const full = images.flatMap((kind) =>
  arrivals(kind).map((moment): Row => ({
    kind,
    moment,
    misfortune: 'the disk is full',
    shows: 'D3',
    expected: ends(kind, made),
  })),
)

if (noFullDisk() === undefined) {
  testGroup({ name: 'full-disk', blow: 'the disk is full for a while', rows: full }, () =>
    inWorld(full, {}, async (world) => {
      const { gateway } = world
      const ordered = await world.orderAll()
      limitFileSize(gateway.process.pid, 1)
      world.letGo()
      await Promise.all([
        gateway.logged(/cannot record an answer/),
        gateway.logged(/step failed; it is tried again/),
      ])
      limitFileSize(gateway.process.pid, 'unlimited')
      return look(gateway, ordered)
    }),
  )
}

const unchecked: Row[] = [
  ...images.map((kind) => ({ kind, misfortune: 'the check of results is down' })),
  // Billed, so it is kept for ten minutes; its client is told that it goes on.
  { kind: 'fal image' as const, misfortune: 'the same past the deadline', deadlineSeconds: 2 },
].map((row) => ({
  ...row,
  shows: 'D3',
  expected: {
    ...ends(row.kind, made),
    ...('deadlineSeconds' in row ? { told: '500 server_error, retry' } : {}),
  },
}))

testGroup({ name: 'no-check', blow: 'the check of results is down', rows: unchecked }, async () => {
  let isDown = true
  const service = await startCheckService((response) => {
    if (isDown) response.destroy()
    else sendJson(response, { categories: [] })
  })
  const classifier = { name: 'judge', url: service.url, stages: ['output'] }
  const safety = { outputs: true, http_classifiers: [classifier] }
  try {
    return await inWorld(unchecked, { config: { safety } }, async (world) => {
      const ordered = await world.orderAll()
      await ordered.at(-1)?.told
      isDown = false
      return look(world.gateway, ordered)
    })
  } finally {
    await service.close()
  }
})
