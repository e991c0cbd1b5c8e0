/** Pictures that are loaded at once share turns, memory and a fate, and give all of it back. */
import { once, EventEmitter } from 'node:events'
import { afterAll, expect, onTestFinished, test } from 'vitest'
import {
  createReferenceImages,
  type ReferenceImages,
} from '../../packages/server/src/safety/reference-images/reference-images.ts'
import { anyone } from './support/asker.ts'
import { gradient } from './support/made-pictures.ts'
import { startPictureHost } from './support/picture-host.ts'

const picture = await gradient(64, 64).png().toBuffer()
/** Emits the path of a request that gets no end, and again once its connection has ended. */
const stalls = new EventEmitter()
const host = await startPictureHost({
  '/good.png': (_request, response) => response.end(picture),
  // Without a length, so that it takes as much memory as any picture may need.
  '/stall.png': (request, response) => {
    response.on('close', () => stalls.emit('closed'))
    response.write(picture.subarray(0, 100), () => stalls.emit('begun', request.url))
  },
  '/gone-after-a-stall': (_request, response) => {
    // Answers once the other picture of its request is on its way.
    stalls.once('begun', () => response.writeHead(404).end())
  },
})
afterAll(() => host.close())

const urlOf = (path: string) => `http://127.0.0.1:${host.port}${path}`
const role = 'reference_image' as const

function loader(settings: Parameters<typeof createReferenceImages>[0]): ReferenceImages {
  const images = createReferenceImages({ allowHosts: [`127.0.0.1:${host.port}`], ...settings })
  onTestFinished(() => images.close())
  return images
}

test('a fetch gives its turn back, however it ends', async () => {
  const images = loader({ maxConcurrentFetches: 1 })
  for (const path of ['/missing', '/missing', '/good.png', '/good.png']) {
    const loaded = images.load([{ url: urlOf(path), role }], anyone())
    if (path === '/missing') await expect(loaded).rejects.toThrow('could not be fetched')
    else expect(await loaded).toHaveLength(1)
  }
})

test('the first picture that cannot be used ends the work on the others', async () => {
  // Longer than any test may take: only giving up ends the stalled one.
  const images = loader({ timeoutMs: 3_600_000 })
  const closed = once(stalls, 'closed')
  const loaded = images.load(
    [
      { url: urlOf('/stall.png'), role },
      { url: urlOf('/gone-after-a-stall'), role },
    ],
    anyone(),
  )
  await expect(loaded).rejects.toMatchObject({ param: 'images[1].url' })
  await closed
})

test('the time that a picture waits for memory of ours is not held against it', async () => {
  const bytes = 10_000
  const images = loader({ maxBytes: bytes, maxBufferedBytes: bytes, timeoutMs: 2000 })
  const load = (tenant: string, path: string) =>
    images.load([{ url: urlOf(path), role }], { ...anyone(), tenant })
  const begun = once(stalls, 'begun')
  // Each has all the memory there is until its own time is over.
  const stalled = ['a', 'b', 'c', 'd'].map((tenant) => load(tenant, '/stall.png'))
  const refusals = stalled.map((each) => expect(each).rejects.toThrow('could not be fetched'))
  await begun
  expect(await load('e', '/good.png')).toHaveLength(1)
  await Promise.all(refusals)
})
