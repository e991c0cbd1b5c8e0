/**
 * A request leaves nothing behind. Many of each kind are sent by somebody who means no good, with a
 * neighbour at work meanwhile, and the heap is compared after full collections. The short form runs
 * with the suite; FILMGATE_LEAK_REQUESTS=500000 sends so many of each kind that is cheap, and
 * FILMGATE_LEAK_KINDS="healthz,404" only some kinds.
 */
import { Pool } from 'undici'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Tenant } from '../contract/support/operator.ts'
import { useGateway } from '../contract/support/use-gateway.ts'
import { api, postImage } from '../support/api.ts'
import { inspectable, inspectGateway, type Inspector } from '../support/inspect-gateway.ts'
import {
  describeSeen,
  expectUnnoticed,
  seeNormalDay,
  startNeighbour,
  type Seen,
} from './support/neighbour.ts'

/**
 * What one request may leave: less than an empty object that is kept for it, as the control shows.
 * Of dear kinds fewer are sent, so that what a collection misses weighs more. Every request that is
 * cut off takes a connection with it, which later collections find: more are sent to outweigh that.
 */
const bytesAllowed = { cheap: 40, dear: 150, cut: 40 }
const shortForm = { cheap: 2500, dear: 500, cut: 10_000 }
/**
 * A leak grows in each round; what the engine learns, and what a collection misses, comes and goes,
 * or has an end: where the first rounds leave doubt, more and longer ones are run, until either shows.
 */
const rounds = { least: 4, most: 12, longerBy: 4 }
const longForm = Number(process.env['FILMGATE_LEAK_REQUESTS'] ?? 0)
const kindsWanted = process.env['FILMGATE_LEAK_KINDS']?.split(',')

interface Kind {
  name: string
  status: number
  method?: 'GET' | 'HEAD' | 'POST'
  path: string
  key?: string | null
  body?: object
  prefer?: string
  /** Dear ones take a transaction or more; from cut ones the caller hangs up once they are sent. */
  weight?: 'dear' | 'cut'
}

describe('many requests of one kind leave nothing behind', () => {
  const gateway = useGateway({ balanceUsd: '1000.00', env: inspectable })
  const figures: Record<string, unknown>[] = []
  let inspector: Inspector
  let pool: Pool
  let neighbour: Tenant
  let kinds: Map<string, Kind>

  beforeAll(async () => {
    inspector = await inspectGateway(gateway)
    pool = new Pool(gateway.baseURL, { connections: 20, pipelining: 1 })
    neighbour = await gateway.addTenant({ balanceUsd: 100 })
    await seeNormalDay(neighbour)
    const idle = await gateway.addTenant({ balanceUsd: 100, imagesPerMinute: 0 })
    const poor = await gateway.addTenant({ balanceUsd: 0 })
    kinds = new Map((await toKinds(gateway, { idle, poor })).map((kind) => [kind.name, kind]))
  })
  afterAll(async () => {
    console.table(figures)
    inspector?.close()
    await pool?.destroy()
  })

  const names = [
    'healthz',
    'GET pending',
    'GET completed',
    'list',
    '401',
    '404',
    '400',
    '402',
    '422',
    '429',
    'download',
    'HEAD of a download',
    'dry run',
    'a held GET that hangs up',
  ].filter((name) => kindsWanted?.includes(name) ?? true)

  it.each(names)('%s', { timeout: 3_600_000 }, async (name) => {
    const kind = kinds.get(name)
    if (kind === undefined) throw new Error(`there is no kind ${name}`)
    const { weight = 'cheap' } = kind
    const count = Math.max(shortForm[weight], weight === 'cheap' ? longForm / rounds.least : 0)
    // What is learnt once, such as compiled code, is learnt before.
    await sendMany(kind, shortForm[weight] * 2)
    const startedAt = performance.now()
    const grown: number[] = []
    const seen: Seen[] = []
    let sent = 0
    const bytesEach = () => grown.reduce((sum, bytes) => sum + bytes, 0) / sent
    while (
      grown.length < rounds.least ||
      (grown.length < rounds.most && bytesEach() >= bytesAllowed[weight])
    ) {
      const isDoubtful = grown.length >= rounds.least
      const size = count * (isDoubtful ? rounds.longerBy : 1)
      sent += size
      grown.push(
        await growthOf(async () => {
          const beside = startNeighbour(neighbour)
          await sendMany(kind, size)
          seen.push(await beside.stop())
        }),
      )
    }
    const seconds = (performance.now() - startedAt) / 1000
    figures.push({
      kind: name,
      count: sent,
      'bytes each': Number(bytesEach().toFixed(1)),
      'per second': Math.round(sent / seconds),
      'by round': grown.map((bytes) => `${(bytes / 1000).toFixed(0)} kB`).join(', '),
      neighbour: seen.map(describeSeen).at(-1),
    })
    for (const each of seen) expectUnnoticed(each)
    expect(bytesEach()).toBeLessThan(bytesAllowed[weight])
  })

  it('an empty object that is kept for each would be seen: the control', async () => {
    // So many that what the next collection still finds of earlier requests does not hide them.
    const count = 100_000
    const keep = `void (globalThis.__kept = Array.from({ length: ${count} }, () => ({})))`
    const grown = await growthOf(() => inspector.evaluate(keep))
    expect(grown / count).toBeGreaterThan(bytesAllowed.cheap)
    await inspector.evaluate('delete globalThis.__kept')
  })

  async function growthOf(work: () => Promise<unknown>): Promise<number> {
    const before = await inspector.liveHeapBytes()
    await work()
    return (await inspector.liveHeapBytes()) - before
  }

  async function sendMany(kind: Kind, count: number): Promise<void> {
    let left = count
    const sender = async () => {
      while (left > 0) {
        left -= 1
        await (kind.weight === 'cut' ? hangUp(kind) : send(kind))
      }
    }
    await Promise.all(Array.from({ length: 20 }, sender))
  }

  async function send(kind: Kind): Promise<void> {
    const { statusCode, body } = await pool.request(toOptions(kind))
    await body.dump({ limit: Number.MAX_SAFE_INTEGER })
    if (statusCode !== kind.status) throw new Error(`${kind.name} was answered ${statusCode}`)
  }

  /** Sent, and given up: the connection is cut while the answer is held. */
  async function hangUp(kind: Kind): Promise<void> {
    const caller = new AbortController()
    const asked = pool.request({ ...toOptions(kind), signal: caller.signal })
    const answered = asked.then(
      () => 'answered',
      () => 'given up',
    )
    await new Promise(setImmediate)
    caller.abort()
    expect(await answered).toBe('given up')
  }

  function toOptions({ method = 'GET', path, key = gateway.key, body, prefer }: Kind) {
    return {
      method,
      path,
      headers: {
        ...(key === null ? {} : { authorization: `Bearer ${key}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(prefer === undefined ? {} : { prefer }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    }
  }
})

async function toKinds(
  gateway: Parameters<typeof api>[0],
  { idle, poor }: { idle: Tenant; poor: Tenant },
): Promise<Kind[]> {
  const completed = (await postImage(gateway)).body
  const stalled = (
    await postImage(
      gateway,
      { prompt: 'a fox [[stall]]' },
      { headers: { prefer: 'respond-async' } },
    )
  ).body
  const file = new URL(completed.data[0].url)
  const images = '/v2/images/generations'
  const body = { model: 'sandbox-image', prompt: 'a red fox' }
  const post = { method: 'POST', path: images, body } as const
  return [
    { name: 'healthz', path: '/healthz', key: null, status: 200 },
    { name: 'GET pending', path: `${images}/${stalled.id}`, status: 200 },
    { name: 'GET completed', path: `${images}/${completed.id}`, status: 200 },
    { name: 'list', path: '/v2/generations?limit=5', status: 200 },
    { name: '401', path: '/v2/models', key: `sk_live_${'0'.repeat(40)}`, status: 401 },
    { name: '404', path: '/v2/nowhere', status: 404 },
    { name: '400', ...post, body: { ...body, seed: 'seven' }, status: 400 },
    { name: '402', ...post, key: poor.key, status: 402, weight: 'dear' },
    {
      name: '422',
      ...post,
      body: { ...body, prompt: 'a fox [[content_policy_violation]]' },
      status: 422,
      weight: 'dear',
    },
    { name: '429', ...post, key: idle.key, status: 429, weight: 'dear' },
    { name: 'download', path: file.pathname + file.search, key: null, status: 200 },
    {
      name: 'HEAD of a download',
      method: 'HEAD',
      path: file.pathname + file.search,
      key: null,
      status: 200,
    },
    { name: 'dry run', ...post, body: { ...body, dry_run: true }, status: 200, weight: 'dear' },
    {
      name: 'a held GET that hangs up',
      path: `${images}/${stalled.id}`,
      prefer: 'wait=50',
      status: 200,
      weight: 'cut',
    },
  ]
}
