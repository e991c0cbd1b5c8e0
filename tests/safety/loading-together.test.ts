/** Pictures that are loaded at once share turns, memory and a fate, and give all of it back. */
import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import { expect, onTestFinished, test } from 'vitest'
import {
  createReferenceImages,
  type ReferenceImages,
} from '../../packages/server/src/safety/reference-images/reference-images.ts'
import { anyone } from './support/asker.ts'
import { gradient } from './support/made-pictures.ts'
import { startPictureHost, type PictureHost, type Route } from './support/picture-host.ts'

const picture = await gradient(64, 64).png().toBuffer()
const good: Route = (_request, response) => response.end(picture)
const role = 'reference_image' as const

async function hostOf(routes: Record<string, Route>): Promise<PictureHost> {
  const host = await startPictureHost(routes)
  onTestFinished(() => host.close())
  return host
}

const urlOf = ({ port }: PictureHost, path: string) => `http://127.0.0.1:${port}${path}`

function loader(
  { port }: PictureHost,
  settings: Parameters<typeof createReferenceImages>[0],
): ReferenceImages {
  const images = createReferenceImages({ allowHosts: [`127.0.0.1:${port}`], ...settings })
  onTestFinished(() => images.close())
  return images
}

test('a fetch gives its turn back, however it ends', async () => {
  const host = await hostOf({ '/good.png': good })
  const images = loader(host, { maxConcurrentFetches: 1 })
  for (const path of ['/missing', '/missing', '/good.png', '/good.png']) {
    const loaded = images.load([{ url: urlOf(host, path), role }], anyone())
    if (path === '/missing') await expect(loaded).rejects.toThrow('could not be fetched')
    else expect(await loaded).toHaveLength(1)
  }
})

test('the first picture that cannot be used ends the work on the others', async () => {
  // Answered once both have been asked for, whichever of them is first.
  const asked = new Map<string, ServerResponse>()
  const ask =
    (which: 'stalled' | 'gone'): Route =>
    (_request, response) => {
      asked.set(which, response)
      if (asked.size < 2) return
      asked.get('stalled')?.write(picture.subarray(0, 100))
      asked.get('gone')?.writeHead(404).end()
    }
  const host = await hostOf({ '/stall.png': ask('stalled'), '/gone.png': ask('gone') })
  // Longer than any test may take: only giving up ends the stalled one.
  const images = loader(host, { timeoutMs: 3_600_000 })
  const urls = ['/stall.png', '/gone.png'].map((path) => ({ url: urlOf(host, path), role }))
  await expect(images.load(urls, anyone())).rejects.toMatchObject({ param: 'images[1].url' })
  const stalled = asked.get('stalled')
  if (stalled?.closed === false) await once(stalled, 'close')
  expect(stalled?.writableEnded).toBe(false)
})

test('the time that a picture waits for memory of ours is not held against it', async () => {
  const host = await hostOf({
    '/good.png': good,
    // Without a length, so that it takes as much memory as any picture may need.
    '/stall.png': (_request, response) => response.write(picture.subarray(0, 100)),
  })
  const bytes = 10_000
  const images = loader(host, { maxBytes: bytes, maxHeldBytes: bytes, timeoutMs: 2000 })
  const load = (tenant: string, path: string) =>
    images.load([{ url: urlOf(host, path), role }], { ...anyone(), tenant })
  // Each has all the memory there is until its own time is over.
  const refusals = ['a', 'b', 'c', 'd'].map((tenant) =>
    expect(load(tenant, '/stall.png')).rejects.toThrow('could not be fetched'),
  )
  expect(await load('e', '/good.png')).toHaveLength(1)
  await Promise.all(refusals)
})

/** A host of two pictures, one of which comes when the test says so; and what was asked of it. */
async function lateHost() {
  let finish = () => {}
  const asked = new Map<string, () => void>()
  const told = new Map<string, Promise<void>>()
  const note = (path: string) => told.set(path, new Promise((resolve) => asked.set(path, resolve)))
  const serve =
    (path: string): Route =>
    (_request, response) => {
      asked.get(path)?.()
      if (path === '/late.png') finish = () => response.end(picture)
      else response.end(picture)
    }
  const paths = ['/late.png', '/first.png', '/second.png', '/other.png']
  for (const path of paths) note(path)
  const host = await hostOf(Object.fromEntries(paths.map((path) => [path, serve(path)])))
  return { host, asked: (path: string) => told.get(path), finish: () => finish() }
}

// Two pictures for one kind of keys, if they need all of it.
const scarce = { maxBytes: 10_000, maxHeldBytes: 80_000, timeoutMs: 3_600_000 }

test('a request whose host is late holds up its own workspace for memory, and nobody else', async () => {
  const { host, asked, finish } = await lateHost()
  const images = loader(host, scarce)
  const load = (tenant: string, ...paths: string[]) =>
    images.load(
      paths.map((path) => ({ url: urlOf(host, path), role })),
      { ...anyone(), tenant },
    )
  const late = load('a/test', '/first.png', '/late.png')
  await asked('/late.png')
  const second = load('a/test', '/second.png')
  const ofLiveKeys = load('a/live', '/first.png')
  const ofOthers = load('b/live', '/first.png', '/other.png')
  expect([await ofLiveKeys, await ofOthers].flat()).toHaveLength(3)
  expect(host.requests).not.toContain('/second.png')
  finish()
  expect([await late, await second].flat()).toHaveLength(3)
})

test('pictures count as held until those who asked for them are done with them', async () => {
  const { host } = await lateHost()
  const images = loader(host, { ...scarce, maxHeldBytes: 10_000 })
  const order: string[] = []
  const use = (path: string, tenant: string, work: () => Promise<unknown>) =>
    images.withLoaded([{ url: urlOf(host, path), role }], { ...anyone(), tenant }, async () => {
      order.push(`${path} begins`)
      await work()
      order.push(`${path} ends`)
    })
  let second: Promise<void> | undefined
  await use('/first.png', 'a/live', async () => {
    second = use('/second.png', 'b/live', () => Promise.resolve())
    // Time enough for another one if there is memory for it.
    await createReferenceImages({ allowHosts: [`127.0.0.1:${host.port}`] }).load(
      [{ url: urlOf(host, '/other.png'), role }],
      anyone(),
    )
  })
  await second
  expect(order).toEqual([
    '/first.png begins',
    '/first.png ends',
    '/second.png begins',
    '/second.png ends',
  ])
})
