/** kill -9 at any moment: what was accepted ends, once, with its money right. */
import { watch } from 'node:fs'
import { basename } from 'node:path'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { api, postImage, postVideo, untilEnded, type ApiAnswer } from '../support/api.ts'
import { startGateway, type GatewayOptions, type TestGateway } from '../support/gateway.ts'
import { databaseFileOf, readRows, submittedTwice, tamper } from './support/database-file.ts'
import { expectTruth, liftLimits } from './support/truth.ts'

async function start(options: GatewayOptions = {}): Promise<TestGateway> {
  const gateway = await startGateway(options)
  await liftLimits(gateway)
  return gateway
}

/** The smallest film there is. */
const small = { aspect_ratio: '1:1' }

test('fifty pending films survive a kill: each ends, none is submitted twice, only completed ones cost', async () => {
  const gateway = await start()
  onTestFinished(() => gateway.stop())
  const prompts = Array.from({ length: 50 }, (_, index) => {
    if (index % 5 === 2) return `fox ${index} [[server_error]] [[delay ms=3000]]`
    if (index % 5 === 3) return `fox ${index} [[server_error]] [[delay ms=6000]]`
    if (index % 5 === 4) return `fox ${index} [[content_policy_violation]] [[delay ms=3000]]`
    return index % 5 === 1 ? `fox ${index} [[delay ms=2000]]` : `fox ${index}`
  })
  const accepted = await Promise.all(
    prompts.map((prompt) => postVideo(gateway, { ...small, prompt })),
  )
  expect(accepted.map(({ status }) => status)).toEqual(prompts.map(() => 202))
  const ids = accepted.map(({ body }) => String(body.id))

  const plain = ids.filter((_, index) => index % 5 === 0)
  await whenSome(
    plain.map((id) => untilEnded(gateway, id)),
    4,
  )
  await gateway.kill()
  const cut = countByStatus(gateway)
  expect(cut['completed']).toBeGreaterThanOrEqual(4)
  expect(cut['pending']).toBeGreaterThanOrEqual(10)
  const running = readRows(
    gateway.dataDir,
    `SELECT attempts.id FROM attempts JOIN sandbox_jobs ON sandbox_jobs.id = attempts.id
     WHERE attempts.state = 'submitted'`,
  )
  expect(running.length).toBeGreaterThan(0)

  await gateway.restart()
  const ended = await Promise.all(ids.map((id) => untilEnded(gateway, id)))
  expect(ended.map(({ body }) => body.error?.code ?? body.status)).toEqual(
    prompts.map((prompt) => /\[\[(\w+)\]\]/.exec(prompt)?.[1] ?? 'completed'),
  )
  const attempts = readRows<{ generation_id: string; number: number }>(
    gateway.dataDir,
    'SELECT generation_id, number FROM attempts ORDER BY generation_id',
  )
  expect(attempts).toEqual(ids.toSorted().map((generation_id) => ({ generation_id, number: 1 })))
  await expectTruth(gateway)
  const balance = await api(gateway, 'GET', '/v2/billing/balance')
  expect(balance.body.balance).toBe((100 - 20 * 0.02).toFixed(2))
}, 180_000)

describe('a crowd of clients and a gateway that is killed at random', () => {
  const rounds = 10
  const seed = Number(process.env['FILMGATE_TEST_SEED'] ?? Date.now() % 1_000_000)
  const random = seededRandom(seed)
  let gateway: TestGateway
  beforeAll(async () => {
    gateway = await start()
  })
  afterAll(() => gateway.stop())

  test(`every acknowledged id is found and ends, and repeated keys make and cost nothing (seed ${seed})`, async () => {
    let cutOff = 0
    for (let round = 1; round <= rounds; round += 1) {
      const orders = toOrders(round)
      const killed = killAfterCommits(gateway, 1 + Math.floor(random() * 30))
      const first = await Promise.allSettled(orders.map((order) => send(gateway, order)))
      await killed
      await gateway.restart()

      const again = await Promise.all(orders.map((order) => send(gateway, order)))
      const ids = again.map(idOf)
      for (const [index, answer] of first.entries()) {
        if (answer.status === 'fulfilled') expect(idOf(answer.value)).toBe(ids[index])
        else cutOff += 1
      }
      const ended = await Promise.all(
        orders.map(({ type }, index) => untilEnded(gateway, ids[index] ?? '', type)),
      )
      expect(ended.map(({ body }) => body.error?.code ?? body.status)).toEqual(
        orders.map(({ end }) => end),
      )
      expect(
        readRows(
          gateway.dataDir,
          `SELECT idempotency_key AS key FROM generations WHERE idempotency_key LIKE '${round}/%' ORDER BY idempotency_key`,
        ),
      ).toEqual(orders.map(({ key }) => ({ key })).toSorted((a, b) => (a.key < b.key ? -1 : 1)))
      await expectTruth(gateway)
    }
    // The kills came in the middle of the work, not after it.
    expect(cutOff).toBeGreaterThan(rounds)
  }, 240_000)

  test('a second job of the same generation would be noticed', async () => {
    await untilEnded(gateway, (await postImage(gateway)).body.id, 'image')
    expect(submittedTwice(gateway.dataDir)).toEqual([])
    await gateway.kill()
    tamper(
      gateway.dataDir,
      `INSERT INTO sandbox_jobs (id, generation_id, spec, submitted_at)
       SELECT id || 'x', generation_id, spec, submitted_at FROM sandbox_jobs LIMIT 1`,
    )
    expect(submittedTwice(gateway.dataDir)).toHaveLength(1)
  })
})

describe('a kill at a chosen moment', () => {
  let gateway: TestGateway
  beforeAll(async () => {
    gateway = await start()
  })
  afterAll(() => gateway.stop())

  test('the moment after acceptance: the film is made', async () => {
    const { body } = await postVideo(gateway, small)
    await gateway.kill()
    await gateway.restart()
    expect((await untilEnded(gateway, body.id)).body.status).toBe('completed')
    await expectTruth(gateway)
  })

  test('while an image is awaited: its caller gets that image by the same key', async () => {
    const body = { prompt: 'a red fox [[delay ms=1500]]' }
    const headers = { 'idempotency-key': 'awaited' }
    const awaited = postImage(gateway, body, { headers }).then(
      () => 'answered',
      () => 'cut off',
    )
    const accepted = await postImage(gateway, body, {
      headers: { ...headers, prefer: 'respond-async' },
    })
    expect(accepted.status).toBe(202)
    await gateway.kill()
    expect(await awaited).toBe('cut off')

    await gateway.restart()
    const again = await postImage(gateway, body, { headers })
    expect(again.status).toBe(200)
    expect(again.headers.get('idempotent-replayed')).toBe('true')
    expect(again.body.id).toBe(accepted.body.id)
    await expectTruth(gateway)
  })

  test('right after a cancellation was confirmed: it stays cancelled', async () => {
    const { body } = await postVideo(gateway, { prompt: 'a red fox [[stall]]' })
    const path = `/v2/videos/generations/${body.id}`
    const cancelled = await api(gateway, 'POST', `${path}/cancel`)
    expect(cancelled.body.cancellation).toBe('cancelled')
    await gateway.kill()
    await gateway.restart()
    expect((await api(gateway, 'GET', path)).body.status).toBe('failed')
    await expectTruth(gateway)
  })

  test('before anything is accepted: the first start can be repeated', async () => {
    const fresh = await startGateway()
    onTestFinished(() => fresh.stop())
    await fresh.kill()
    await fresh.restart()
    expect((await postImage(fresh)).status).toBe(200)
    await expectTruth(fresh)
  })
})

interface Order {
  type: 'image' | 'video'
  key: string
  prompt: string
  /** How it ends: the code of its failure, or `completed`. */
  end: string
}

/** Work of many kinds: plain, with faults that are absorbed, and with a failure. */
function toOrders(round: number): Order[] {
  const image = (prompt: string) => ({ type: 'image' as const, prompt, end: 'completed' })
  const video = (prompt: string) => ({ type: 'video' as const, prompt, end: 'completed' })
  return [
    image('a red fox'),
    image('a red fox [[upstream 503]]'),
    image('a red fox [[upstream reset]]'),
    image('a red fox [[upstream poll_503 times=2]]'),
    image('a red fox [[delay ms=300]]'),
    video('a red fox'),
    { ...video('a [[content_policy_violation]]'), end: 'content_policy_violation' },
  ].map((order, index) => ({ ...order, key: `${round}/${index}` }))
}

function send(gateway: TestGateway, { type, key, prompt }: Order): Promise<ApiAnswer> {
  const headers = { 'idempotency-key': key }
  return type === 'image'
    ? postImage(gateway, { prompt, aspect_ratio: '21:9' }, { headers })
    : postVideo(gateway, { prompt, ...small }, { headers })
}

function idOf({ headers }: ApiAnswer): string {
  const id = headers.get('x-generation-id')
  if (id === null) throw new Error('an answer without a generation')
  return id
}

/** Kills in the middle of the work: at the n-th time that its log of commits is seen to change. */
async function killAfterCommits(gateway: TestGateway, commits: number): Promise<void> {
  const log = `${basename(databaseFileOf(gateway.dataDir))}-wal`
  await new Promise<void>((resolve) => {
    let seen = 0
    const watcher = watch(gateway.dataDir, (_event, file) => {
      if (file !== log) return
      seen += 1
      if (seen < commits) return
      watcher.close()
      resolve()
    })
  })
  await gateway.kill()
}

/** Resolves once `count` of these have; the others may fail later, unheard. */
function whenSome(promises: Promise<unknown>[], count: number): Promise<void> {
  return new Promise((resolve) => {
    let done = 0
    for (const promise of promises) {
      promise.then(
        () => {
          done += 1
          if (done === count) resolve()
        },
        () => {},
      )
    }
  })
}

function countByStatus({ dataDir }: TestGateway): Record<string, number> {
  const rows = readRows<{ status: string; count: number }>(
    dataDir,
    'SELECT status, count(*) AS count FROM generations GROUP BY status',
  )
  return Object.fromEntries(rows.map(({ status, count }) => [status, count]))
}

/** mulberry32: the same numbers for the same seed, so that a failure can be repeated. */
function seededRandom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}
