/**
 * One tenant takes all that it can of what everybody needs: fetches, decoders, checks, drawing
 * threads. Another works beside it, and must come through in about its usual time.
 */
import { setInterval } from 'node:timers'
import { afterAll, describe, expect, it } from 'vitest'
import type { Tenant } from '../contract/support/operator.ts'
import { cancel, start, type Kind } from '../contract/support/generation-kind.ts'
import { useGateway } from '../contract/support/use-gateway.ts'
import { gradient, noise } from '../safety/support/made-pictures.ts'
import { startCheckService } from '../safety/support/check-service.ts'
import { startPictureHost, type Route } from '../safety/support/picture-host.ts'
import { api, postImage, postVideo, untilEnded, type ApiAnswer } from '../support/api.ts'

/** What a workspace has unless its operator gives it more. */
const usualLimits = { imagesPerMinute: 60, videosPerMinute: 10, concurrency: 10 }
/** For machines that others use as well; the attacks held others up for 49 s and more. */
const patienceMs = 10_000
/** Prompts with this word are answered late by the checking service. */
const slowly = 'slowly'

const small = await gradient(640, 480).jpeg().toBuffer()
const largest = await gradient(6320, 6320).png({ compressionLevel: 1 }).toBuffer()

/** Takes a decoder for as long as a picture may: 16 MB that become 60 as PNG. */
const costly = await noise(6320, 6320, 4)
  .avif({ quality: 28, effort: 0, chromaSubsampling: '4:4:4' })
  .toBuffer()

const serve =
  (picture: Buffer): Route =>
  (_request, response) =>
    response.writeHead(200).end(picture)

/** A picture that never ends, a few bytes at a time. */
const drip: Route = (_request, response) => {
  response.writeHead(200)
  response.write(small.subarray(0, 400))
  const timer = setInterval(() => response.write(small.subarray(400, 401)), 200)
  response.on('close', () => clearInterval(timer))
}

const host = await startPictureHost({
  '/small': serve(small),
  '/largest': serve(largest),
  '/costly': serve(costly),
  '/drip': drip,
})
const service = await startCheckService((response, body) => {
  const answer = JSON.stringify({ categories: [] })
  const isSlow = String((body as { text?: string }).text).includes(slowly)
  const send = () => response.writeHead(200, { 'content-type': 'application/json' }).end(answer)
  if (isSlow) response.on('close', clearTimeout.bind(undefined, setTimeout(send, 4000)))
  else send()
})
afterAll(() => Promise.all([host.close(), service.close()]))

const gateway = useGateway({
  config: {
    safety: {
      http_classifiers: [{ name: 'own', url: service.url }],
      reference_images: { allow_hosts: [`127.0.0.1:${host.port}`] },
    },
  },
})

const eight = (path: string) =>
  Array.from({ length: 8 }, (_, index) => ({
    url: `http://127.0.0.1:${host.port}${path}?${index}`,
  }))
/** As many as one kind of keys may fetch at once, if each may need all the memory of a picture. */
const mostFetches = 8
const atOnce = <Value>(count: number, call: (index: number) => Promise<Value>): Promise<Value>[] =>
  Array.from({ length: count }, (_, index) => call(index))

/** How long the neighbour waits for a picture made from a reference, and how it went. */
async function timeImage(
  neighbour: Tenant,
  images = [{ url: `http://127.0.0.1:${host.port}/small` }],
): Promise<number> {
  const startedAt = performance.now()
  expect((await postImage(neighbour, { images })).status).toBe(200)
  return performance.now() - startedAt
}

async function timeFilm(neighbour: Tenant): Promise<number> {
  const startedAt = performance.now()
  const { body } = await postVideo(neighbour)
  expect((await untilEnded(neighbour, body.id)).body.status).toBe('completed')
  return performance.now() - startedAt
}

async function worstOf(rounds: number, measure: () => Promise<number>): Promise<number> {
  let worst = 0
  for (let round = 0; round < rounds; round += 1) worst = Math.max(worst, await measure())
  return worst
}

/** Runs `attack` and lets the neighbour work as soon as `isUnderWay`. */
async function beside(
  name: string,
  {
    attack,
    isUnderWay,
  }: { attack: (stop: AbortSignal) => Promise<unknown>; isUnderWay: () => boolean },
  measure: (neighbour: Tenant) => Promise<number> = (neighbour) => timeImage(neighbour),
): Promise<void> {
  const neighbour = await gateway.addTenant({ balanceUsd: 100 })
  await measure(neighbour)
  const usual = await worstOf(3, () => measure(neighbour))
  const stop = new AbortController()
  const attacking = attack(stop.signal)
  await expect.poll(isUnderWay, { timeout: 60_000 }).toBe(true)
  const during = await worstOf(3, () => measure(neighbour))
  console.log(
    `${name}: ${Math.round(usual)} ms on a normal day, ${Math.round(during)} ms beside it`,
  )
  stop.abort()
  await attacking
  expect(during).toBeLessThan(patienceMs)
}

/** Dry runs of a workspace with the usual limits, until `signal` aborts. */
async function quoteAtOnce(
  count: number,
  body: Record<string, unknown>,
  signal?: AbortSignal,
): Promise<ApiAnswer[]> {
  const attacker = await gateway.addTenant({ balanceUsd: 100, ...usualLimits })
  const quotes = atOnce(count, () =>
    postImage(attacker, { dry_run: true, ...body }, signal === undefined ? {} : { signal }),
  )
  const settled = await Promise.allSettled(quotes)
  return settled.flatMap((entry) => (entry.status === 'fulfilled' ? [entry.value] : []))
}

/** As many generations as a workspace may have in flight on both its keys; cancelled at the end. */
async function generateAtOnce(
  kind: Kind,
  body: Record<string, unknown>,
  signal: AbortSignal,
): Promise<void> {
  const attacker = await gateway.addTenant({ balanceUsd: 100, ...usualLimits })
  const stopped = new Promise((resolve) => signal.addEventListener('abort', resolve))
  const callers = [attacker, { ...attacker, key: attacker.testKey }]
  const posts = callers.flatMap((caller) => atOnce(10, () => start(kind, caller, body)))
  await stopped
  await cancelAll(kind, callers)
  await Promise.all(posts)
}

async function list(caller: Tenant, status: string): Promise<{ id: string }[]> {
  return (await api(caller, 'GET', `/v2/generations?limit=100&status=${status}`)).body.data
}

async function cancelAll(kind: Kind, callers: Tenant[]): Promise<void> {
  for (const caller of callers) {
    const pending = await list(caller, 'pending')
    await Promise.all(pending.map(({ id }) => cancel(kind, caller, id)))
  }
}

async function countEnded(callers: Tenant[]): Promise<number> {
  const pending = await Promise.all(callers.map((caller) => list(caller, 'pending')))
  return callers.length * 10 - pending.flat().length
}

describe('dry runs', () => {
  it('are counted: 150 against limits of 60 and 10 fetch no more than 60 may', async () => {
    const before = { fetches: host.requests.length, checks: service.asked.length }
    const answers = await quoteAtOnce(150, { images: eight('/small') })
    const fetches = host.requests.length - before.fetches
    const checks = service.asked.length - before.checks
    console.log(`150 dry runs with 8 images each: ${fetches} fetches, ${checks} checks`)
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(60)
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(90)
    expect(fetches).toBe(60 * 8)
    expect(checks).toBe(60 * 9)
  })

  it('against hosts that drip hold up nobody else', () =>
    beside('60 dry runs against dripping hosts', {
      attack: (signal) => quoteAtOnce(60, { images: eight('/drip') }, signal),
      isUnderWay: () => host.openConnections() >= mostFetches,
    }))

  it('with checks that take long hold up nobody else', () => {
    const before = service.asked.length
    return beside('60 dry runs with slow checks', {
      attack: (signal) => quoteAtOnce(60, { prompt: `a snail, ${slowly}` }, signal),
      isUnderWay: () => service.asked.length >= before + 8,
    })
  })

  it('with the largest pictures hold up nobody else', () => {
    const before = host.requests.length
    return beside('60 dry runs with pictures of 40 megapixels', {
      attack: (signal) => quoteAtOnce(60, { images: eight('/largest') }, signal),
      isUnderWay: () => host.requests.length >= before + 16,
    })
  })
  it('of both keys with pictures that take long to decode hold up nobody else', async () => {
    const images = [{ url: `http://127.0.0.1:${host.port}/costly` }]
    const quote = (caller: Tenant, signal: AbortSignal) =>
      atOnce(10, () => postImage(caller, { dry_run: true, images }, { signal }))
    const before = host.requests.length
    await beside(
      'dry runs with pictures that take long to decode',
      {
        attack: async (signal) => {
          const attacker = await gateway.addTenant({ balanceUsd: 100, ...usualLimits })
          const both = [attacker, { ...attacker, key: attacker.testKey }]
          await Promise.allSettled(both.flatMap((caller) => quote(caller, signal)))
        },
        isUnderWay: () => host.requests.length >= before + 8,
      },
      (neighbour) => timeImage(neighbour, eight('/small')),
    )
  })
})

describe('generations', () => {
  it('against hosts that drip hold up nobody else', () =>
    beside('20 generations against dripping hosts', {
      attack: (signal) => generateAtOnce('image', { images: eight('/drip') }, signal),
      isUnderWay: () => host.openConnections() >= mostFetches,
    }))

  it('of the largest pictures hold up nobody else', () => {
    const before = host.requests.length
    return beside('20 generations with pictures of 40 megapixels', {
      attack: (signal) => generateAtOnce('image', { images: eight('/largest') }, signal),
      isUnderWay: () => host.requests.length >= before + 16,
    })
  })

  // What is drawn takes long on a busy machine, so it is the order that counts here.
  it.each([
    ['video', { duration: 4, resolution: '720p' }, timeFilm],
    ['image', { resolution: '4K' }, timeImage],
  ] as const)('%ss of one are drawn in turns with those of others', async (kind, body, measure) => {
    const neighbour = await gateway.addTenant({ balanceUsd: 100 })
    await measure(neighbour)
    const usual = await measure(neighbour)
    const attacker = await gateway.addTenant({ balanceUsd: 100, ...usualLimits })
    const callers = [attacker, { ...attacker, key: attacker.testKey }]
    await Promise.all(callers.flatMap((caller) => atOnce(10, () => start(kind, caller, body))))
    const during = await measure(neighbour)
    const ended = await countEnded(callers)
    console.log(
      `20 ${kind}s in the sandbox: ${Math.round(usual)} ms on a normal day, ${Math.round(during)} ms beside it, when ${ended} of them had ended`,
    )
    await cancelAll(kind, callers)
    expect(ended).toBeLessThanOrEqual(6)
  })
})
