import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { Filmgate } from '../../packages/client/src/index.ts'
import { speed, startBench, type Bench } from './support/side-by-side/bench.ts'
import { comparedRows, libraries, type Library } from './support/side-by-side/blocks.ts'
import {
  falFlags,
  falIsEmpty,
  onCreating,
  onReading,
  onResult,
  openaiError,
  openaiFailed,
  unavailable,
} from './support/side-by-side/misfortunes.ts'
import { startStudio } from './support/side-by-side/studio.ts'

// Films are drawn on the same few cores that everything else runs on.
vi.setConfig({ testTimeout: 180_000 })

let bench: Bench
beforeAll(async () => {
  bench = await startBench()
}, 300_000)
afterAll(() => bench?.stop())
beforeEach(({ skip }) => skip(bench.missing !== undefined, bench.missing))

/** What one measurement gives for each library. */
function each<T>(work: (library: Library) => Promise<T>): Promise<T[]> {
  return Promise.all(libraries.map(work))
}

/** The cells of a row of the README's table. */
async function cells(row: string): Promise<string[]> {
  return (await comparedRows()).get(row) ?? expect.fail(`the table has no row "${row}"`)
}

const misfortunes = [
  { name: 'answered 503', befall: unavailable },
  { name: 'reset', befall: 'reset' },
  { name: 'reset when all is done', befall: 'lost' },
] as const

test.for(misfortunes)('how often a POST is sent that is $name, and with which key', async (row) => {
  const posts = await each(async (library) => {
    const { studio } = await bench.measure(library, 'image', onCreating(row.befall))
    const sent = studio.creations()
    const keys = new Set(sent.flatMap(({ headers }) => headers['idempotency-key'] ?? []))
    return `${sent.length}, ${['no key', 'one key'][keys.size] ?? 'several keys'}`
  })
  expect(await cells('POSTs when each is answered 503, or reset')).toEqual(posts)
})

test('seven POSTs with one key, whose answers are lost, make one image', async () => {
  const { baseURL, testKey } = bench.gateway
  const client = new Filmgate({ baseURL, apiKey: testKey })
  const made = async () => (await client.generations.list({ limit: 100 })).data.length
  const before = await made()
  const { studio } = await bench.measure('filmgate', 'image', onCreating('lost'))
  expect(studio.creations()).toHaveLength(7)
  expect(await made()).toBe(before + 1)
})

test('a read that fails once is repeated, and nothing is submitted again', async () => {
  const ends = await each((library) =>
    bench.measure(library, 'film', onReading(unavailable, 1), { clockSpeed: 1 }),
  )
  expect(ends.map(({ error }) => error)).toEqual([undefined, undefined, undefined])
  expect(ends.map(({ studio }) => studio.creations().length)).toEqual([1, 1, 1])
})

test('what becomes of a film whose reads go on failing', async () => {
  const ends = await each((library) => bench.measure(library, 'film', onReading(unavailable)))
  const posts = ends.map(({ studio }) => String(studio.creations().length))
  expect(await cells('POSTs of a film whose reads fail')).toEqual(posts)
  const minutes = Math.round((ends[0]?.elapsedMs ?? 0) / 60_000)
  const reads = ends.slice(1).map(({ studio }) => String(studio.reads().length))
  expect(await cells('failing reads (503) until it ends')).toEqual([
    `for ${minutes} minutes`,
    ...reads,
  ])
  expect(ends[0]?.error).toMatchObject({ code: 'wait_interrupted', retryable: false })
  expect(ends.map(({ id = '?', shown }) => shown?.includes(id))).toEqual([true, false, false])
  const named = { ...unavailable, headers: { 'x-fal-request-id': 'fal_1' } }
  const { error } = await bench.measure('fal', 'film', onReading(named))
  expect(error?.requestId).toBe('fal_1')
  expect(await cells('id in the error that ends it')).toEqual([
    'yes',
    'no',
    'if that answer has it',
  ])
})

test('a film that is refused after it was accepted', async () => {
  const refused = {
    filmgate: onCreating('[[content_policy_violation]]'),
    openai: onReading(openaiFailed),
    fal: onResult(falFlags),
  }
  const ends = await each((library) => bench.measure(library, 'film', refused[library]))
  expect(ends.map(({ error }) => error?.name)).toEqual([
    'ContentPolicyViolationError',
    // The README's own, which it throws for a video that says so.
    'Error',
    'ValidationError',
  ])
})

test('how often an empty account is posted to', async () => {
  const empty = {
    filmgate: onCreating('[[quota_exceeded]]'),
    openai: onCreating(openaiError(429, 'insufficient_quota')),
    fal: onCreating(falIsEmpty),
  }
  const ends = await each((library) => bench.measure(library, 'image', empty[library]))
  expect(ends.map(({ studio }) => studio.creations().length)).toEqual([1, 3, 1])
})

test('how long a Retry-After of 30 s is waited for', async () => {
  const limited = openaiError(429, 'rate_limit', { 'retry-after': '30' })
  const ends = await each((library) => bench.measure(library, 'image', onCreating(limited, 1)))
  expect(ends.map(({ studio }) => studio.creations().length)).toEqual([2, 2, 2])
  expect(ends.map(({ elapsedMs }) => elapsedMs > 30_000)).toEqual([true, true, false])
  const errors = await each((library) => bench.measure(library, 'image', onCreating(limited)))
  const isHeld = errors.map(({ shown }) => /retry-?after/i.test(shown ?? ''))
  expect(isHeld).toEqual([true, true, false])
})

test('when an id is known', async () => {
  const studio = await startStudio(bench.gateway)
  const filmgate = await bench.project.program('filmgate-early-id', [], studio.env)
  const fal = await bench.project.program('fal-early-id', [], studio.env)
  await studio.close()
  expect([filmgate, fal]).toEqual([
    expect.stringMatching(/^gen_\w+ pending\n$/),
    expect.stringMatching(/^fal_1 pending\n$/),
  ])
  // That films tell theirs first is seen where they run, and that images of openai have none by the compiler.
  const known = ['films; images with `generations.create`', 'films', 'yes']
  expect(await cells('id known before the end')).toEqual(known)
})

test('how a film is resumed in another process', async () => {
  for (const library of libraries) {
    let isAway = true
    const studio = await startStudio(bench.gateway, (request) =>
      isAway ? onReading(unavailable)(request) : undefined,
    )
    const env = { ...studio.env, CLOCK_SPEED: String(speed) }
    const { id = '' } = await bench.project.run(library, 'film', { env, cat: '' })
    isAway = false
    const output = await bench.project.program(`${library}-resume`, [id], studio.env)
    expect(output, library).toBe('1\n')
    expect(studio.creations()).toHaveLength(1)
    await studio.close()
  }
  const calls = ['`generations.wait`', '`videos.retrieve`, repeated']
  const ofFal = '`queue.subscribeToStatus`, `queue.result`'
  expect(await cells('resumed in another process by')).toEqual([...calls, ofFal])
})

test('how a local file is sent, and what becomes of one that is no image', async () => {
  const writes = await each(async (library) => {
    const { studio } = await bench.measure(library, 'reference')
    return studio.seen.filter(({ method }) => method !== 'GET').length
  })
  const { studio: ofFal } = await bench.measure('fal', 'reference')
  const address = `"image_url":"${ofFal.baseURL}/files/1.png"`
  expect(ofFal.creations()[0]?.body.toString()).toContain(address)
  expect(writes).toEqual([1, 1, 3])
  const sent = ['in the POST, checked before', 'in the POST', '2 requests before']
  expect(await cells('local file')).toEqual(sent)

  const text = { cat: 'This is no cat.' }
  const ends = await each((library) => bench.measure(library, 'reference', undefined, text))
  const received = ends.map(({ studio }) =>
    studio.seen.filter(({ body }) => body.includes(text.cat)),
  )
  expect(received.map((all) => all.length)).toEqual([0, 1, 1])
  expect(ends[0]?.studio.seen).toEqual([])
  expect(ends[0]?.error).toMatchObject({ code: 'invalid_parameter', param: 'images[0].url' })
})

test('whether the codes of errors are a closed set, as the compiler sees them', async () => {
  expect(bench.complaints.filter((line) => !line.startsWith('wrong.ts'))).toEqual([])
  expect(await cells('error codes')).toEqual(['closed union', 'any string', 'any string'])
})
