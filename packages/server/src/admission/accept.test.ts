import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { fail, Failure } from '../contract/failure.ts'
import { findGeneration, listGenerations } from '../generations/generation.ts'
import { claim, finish } from '../jobs/queue.ts'
import { enlist } from '../jobs/workers.ts'
import { setBudget } from '../ledger/budgets.ts'
import { addCredit, getAccount, openAccount } from '../ledger/ledger.ts'
import { openFsStore } from '../media/fs-store.ts'
import { findInlineImages, sweepInlineImages } from '../media/inline-images.ts'
import { readAll, type MediaStore } from '../media/media-store.ts'
import { countStored } from '../media/storage-usage.ts'
import { sandboxModels } from '../upstreams/sandbox/models.ts'
import { openDatabase, openDataFolder } from '../storage/data-folder.ts'
import type { Database, Transaction } from '../storage/database.ts'
import type { Rehearsal, Upstream } from '../upstreams/upstream.ts'
import { addKey, newSecret, type Caller, type KeyMode } from '../workspaces/api-keys.ts'
import { getCaller } from '../workspaces/authenticate.ts'
import { createWorkspace, defaultLimits } from '../workspaces/workspaces.ts'
import { accept, quote, type AdmissionContext, type GenerationRequest } from './accept.ts'
import { countInFlight } from './concurrency.ts'
import type { RateLimitState } from './rate-limit.ts'

const start = Date.UTC(2026, 10, 22, 12)
const dollar = 1_000_000

let folder: string
let now: number
let database: Database
let store: MediaStore
let worker: string
let workspaceId: string
let callers: Record<KeyMode, Caller>
let told: RateLimitState[]
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'filmgate-accept-'))
  now = start
  told = []
  database = await openDatabase(openDataFolder(folder), () => now)
  store = await openFsStore(join(folder, 'media'))
  const ids = await database.transaction(async (tx) => {
    worker = await enlist(tx)
    const { id } = await createWorkspace(tx, 'studio')
    workspaceId = id
    await openAccount(tx, id)
    await addCredit(tx, { workspaceId: id, amountMicros: dollar, note: 'test' })
    const live = await addKey(tx, { workspaceId: id, name: 'live', secret: newSecret('live') })
    const test = await addKey(tx, { workspaceId: id, name: 'test', secret: newSecret('test') })
    return { live: live.id, test: test.id }
  })
  callers = {
    live: await getCaller(database.read, ids.live, now),
    test: await getCaller(database.read, ids.test, now),
  }
})
afterEach(async () => {
  await database.close()
  rmSync(folder, { recursive: true })
})

const context = (changes: Partial<AdmissionContext> = {}): AdmissionContext => ({
  database,
  mediaStore: store,
  models: sandboxModels,
  clock: () => now,
  routing: { rehearsing: () => undefined },
  workerId: () => worker,
  tryContent: async () => {},
  onRateLimit: (state) => told.push(state),
  ...changes,
})
const request = (changes: Partial<GenerationRequest> = {}): GenerationRequest => ({
  type: 'image',
  caller: callers.live,
  body: { model: 'sandbox-image', prompt: 'a fox' },
  inlineImages: new Map(),
  idempotencyKey: undefined,
  requestId: 'req_a',
  signal: new AbortController().signal,
  ...changes,
})
const inline = new Map([[1, Buffer.from('data:image/png;base64,AAAA')]])
const withInline = (changes: Partial<GenerationRequest> = {}) =>
  request({
    body: {
      model: 'sandbox-image',
      prompt: 'a fox',
      images: [
        { url: 'https://a.example/1.png', role: 'reference_image' },
        { url: 'data:', role: 'reference_image' },
      ],
    },
    inlineImages: inline,
    ...changes,
  })

async function take(changes: Partial<GenerationRequest> = {}) {
  const accepted = await accept(context(), request(changes))
  if (accepted.kind !== 'new') throw new Error('it was a replay')
  return accepted
}
const change = (sql: string, ...values: (string | number)[]) =>
  database.transaction((tx) => tx.run(sql, ...values))
/** What may not be there after a refusal. */
async function traces(mode: KeyMode = 'live') {
  const { heldMicros } = await getAccount(database.read, workspaceId)
  const count = async (table: string) => (await database.read.all(`SELECT 1 FROM ${table}`)).length
  return {
    held: heldMicros,
    running: await countInFlight(database.read, workspaceId, mode),
    generations: await count('generations'),
    jobs: await count('jobs'),
    keys: await count('idempotency_keys'),
    used: (await database.read.all<{ used: number }>('SELECT used FROM rate_windows')).map(
      ({ used }) => used,
    ),
  }
}
const nothing = { held: 0, running: 0, generations: 0, jobs: 0, keys: 0, used: [] }

test('what is accepted has a row, a hold, a slot, and a job that its process holds', async () => {
  const { generation, lease } = await take({ idempotencyKey: 'order 17' })
  expect(generation).toMatchObject({
    workspaceId,
    keyId: callers.live.keyId,
    mode: 'live',
    type: 'image',
    model: 'sandbox-image',
    status: 'pending',
    checkedAt: null,
    price: { unitPriceMicros: 10_000, quantity: 1, costMicros: 10_000 },
    idempotencyKey: 'order 17',
    requestId: 'req_a',
    upstreamBilled: 'no',
    deadlineAt: start + 50_000,
    createdAt: start,
    endedAt: null,
    reconcileUntil: null,
  })
  expect(generation.input).toMatchObject({ prompt: 'a fox', resolution: '1K' })
  expect(await findGeneration(database.read, generation.id)).toEqual(generation)
  expect(await traces()).toEqual({
    held: 10_000,
    running: 1,
    generations: 1,
    jobs: 1,
    keys: 1,
    used: [1],
  })
  expect(lease).toMatchObject({ id: generation.id, kind: 'generation' })
  expect(await claim(database, worker, 10)).toEqual([])
  await database.transaction((tx) => finish(tx, lease))
})

test('a film is paid by the second', async () => {
  const body = { model: 'sandbox-video', prompt: 'a fox', duration: 4, resolution: '1080p' }
  const { generation } = await take({ type: 'video', body })
  expect(generation.price).toEqual({ unitPriceMicros: 100_000, quantity: 4, costMicros: 400_000 })
})

test('a model without a price for what it makes is a fault of the configuration', async () => {
  const models = sandboxModels.map((model) => ({ ...model, unitPriceMicros: {} }))
  await expect(accept(context({ models }), request())).rejects.toThrow(
    'model sandbox-image has no price for resolution 1K',
  )
})

test('a test key costs nothing, and may do what nobody could pay for', async () => {
  await change('UPDATE accounts SET balance_micros = 0')
  const { generation } = await take({ caller: callers.test })
  expect(generation.mode).toBe('test')
  expect(await traces('test')).toMatchObject({ held: 0, running: 1, generations: 1 })
})

test.each<[string, () => Promise<unknown>, Partial<Failure>]>([
  [
    'a revoked key',
    () => change('UPDATE api_keys SET revoked_at = 1'),
    { code: 'invalid_api_key', reason: 'key_revoked' },
  ],
  [
    'a key that may only read',
    () => change("UPDATE api_keys SET scopes = 'read'"),
    { code: 'invalid_api_key', reason: 'key_scope' },
  ],
  [
    'no request left this minute',
    () => change('UPDATE workspaces SET image_rpm = 0'),
    { code: 'rate_limit', reason: 'image_requests_per_minute' },
  ],
  [
    'as many in flight as allowed',
    () => change('UPDATE workspaces SET concurrency = 0'),
    { code: 'rate_limit', reason: 'requests_in_flight' },
  ],
  [
    'no money',
    () => change('UPDATE accounts SET balance_micros = 9999'),
    { code: 'quota_exceeded', reason: 'balance_insufficient' },
  ],
  [
    'a budget that is used up',
    () => database.transaction((tx) => setBudget(tx, callers.live.keyId, { dayMicros: 9999 })),
    { code: 'quota_exceeded', reason: 'key_budget_used_up' },
  ],
  [
    'no room for files',
    () => change('UPDATE workspaces SET storage_bytes = 0'),
    { code: 'quota_exceeded', reason: 'storage_full' },
  ],
])('%s refuses it, and nothing of it is left, nor of its images', async (_what, set, refusal) => {
  await set()
  for (const each of [request({ idempotencyKey: 'k' }), withInline({ idempotencyKey: 'k' })]) {
    await expect(accept(context(), each)).rejects.toMatchObject(refusal)
    expect(await traces()).toEqual(nothing)
    expect(await database.read.all('SELECT * FROM inline_images')).toEqual([])
    const files: string[] = []
    for await (const key of store.list()) files.push(key)
    expect(files).toEqual([])
    await expect(quote(context(), each)).rejects.toMatchObject(refusal)
  }
})

test('the window is told, before a refusal and after what was accepted', async () => {
  await take()
  expect(told.map(({ remaining }) => remaining)).toEqual([60, 59])
  told = []
  await change('UPDATE accounts SET balance_micros = 0')
  await expect(accept(context(), request())).rejects.toMatchObject({ code: 'quota_exceeded' })
  // What was refused for money is not counted.
  expect(told.map(({ remaining }) => remaining)).toEqual([59])
  told = []
  await expect(accept(context(), withInline())).rejects.toMatchObject({ code: 'quota_exceeded' })
  expect(told.map(({ remaining }) => remaining)).toEqual([59])
})

test('a rehearsed refusal comes before anything is taken', async () => {
  const rehearsals: [string, Rehearsal][] = []
  // Only what admission calls of it.
  const rehearsing = {
    async rehearse(stage: 'request' | 'check', rehearsal: Rehearsal) {
      rehearsals.push([stage, rehearsal])
      throw fail('rate_limit', 'model_busy', { message: 'rehearsed' })
    },
  } as unknown as Upstream
  const routing = {
    rehearsing: ({ model, mode }: { model: string; mode: string }) =>
      model === 'sandbox-image' && mode === 'live' ? rehearsing : undefined,
  }
  await expect(accept(context({ routing }), request())).rejects.toThrow('rehearsed')
  await expect(quote(context({ routing }), request())).rejects.toThrow('rehearsed')
  expect(rehearsals).toEqual([
    ['request', { workspaceId, type: 'image', prompt: 'a fox', dryRun: false }],
    ['request', { workspaceId, type: 'image', prompt: 'a fox', dryRun: true }],
  ])
  expect(await traces()).toEqual(nothing)
})

test('the same request again is the first one, and takes nothing', async () => {
  const { generation } = await take({ idempotencyKey: 'k' })
  const before = await traces()
  told = []
  const again = await accept(context(), request({ idempotencyKey: 'k' }))
  expect(again).toEqual({ kind: 'replay', generationId: generation.id })
  expect(await traces()).toEqual(before)
  expect(told.map(({ remaining }) => remaining)).toEqual([59])
  const other = request({ idempotencyKey: 'k', body: { model: 'sandbox-image', prompt: 'a cat' } })
  await expect(accept(context(), other)).rejects.toMatchObject({ reason: 'idempotency_key_reused' })
})

test('so it is with images inside, by what they are', async () => {
  const first = await accept(context(), withInline({ idempotencyKey: 'k' }))
  if (first.kind !== 'new') throw new Error('it was a replay')
  const again = await accept(context(), withInline({ idempotencyKey: 'k' }))
  expect(again).toEqual({ kind: 'replay', generationId: first.generation.id })
  const other = new Map([[1, Buffer.from('data:image/png;base64,BBBB')]])
  const changed = withInline({ idempotencyKey: 'k', inlineImages: other })
  await expect(accept(context(), changed)).rejects.toMatchObject({ code: 'invalid_parameter' })
  expect(await listGenerations(database.read, { limit: 10 })).toHaveLength(1)
  const kept: string[] = []
  for await (const key of store.list()) kept.push(key)
  expect(kept).toEqual([`${first.generation.id}-inline1`])
})

test('of the same request sent twice at once one is accepted, and the other is its replay', async () => {
  for (const each of [request, withInline]) {
    const key = { idempotencyKey: each.name }
    const [one, two] = await Promise.all([
      accept(context(), each(key)),
      accept(context(), each(key)),
    ])
    expect([one.kind, two.kind].toSorted((a, b) => a.localeCompare(b))).toEqual(['new', 'replay'])
  }
  expect(await traces()).toMatchObject({ generations: 2, jobs: 2, running: 2 })
})

test('images inside a request wait in files of their own, for an hour past its deadline', async () => {
  const accepted = await accept(context(), withInline())
  if (accepted.kind !== 'new') throw new Error('it was a replay')
  const { id, deadlineAt, input } = accepted.generation
  expect(input.images).toEqual([
    { url: 'https://a.example/1.png', role: 'reference_image' },
    { url: 'data:', role: 'reference_image' },
  ])
  const images = await findInlineImages(database.read, store, id)
  expect([...images.keys()]).toEqual([1])
  expect(Buffer.from(await readAll(store, `${id}-inline1`)).toString()).toContain('base64,AAAA')
  const sweep = (at: number) =>
    sweepInlineImages({ database, mediaStore: store }, { now: at, limit: 10 })
  await sweep(deadlineAt + 3_599_999)
  expect((await findInlineImages(database.read, store, id)).size).toBe(1)
  await sweep(deadlineAt + 3_600_000)
  expect((await findInlineImages(database.read, store, id)).size).toBe(0)
})

test('images that were swept before their request was accepted are missed', async () => {
  const losing: Database = {
    ...database,
    read: database.read,
    transaction: async <Result>(work: (tx: Transaction) => Promise<Result>) => {
      await database.transaction((tx) => tx.run('DELETE FROM inline_images'))
      return database.transaction(work)
    },
  }
  await expect(accept(context({ database: losing }), withInline())).rejects.toThrow(
    /^1 inline images of gen_\w+ are gone$/,
  )
  expect(await traces()).toEqual(nothing)
})

test('a quote tells the price, and takes nothing but one of the quotes of this minute', async () => {
  const checked: unknown[] = []
  const signal = new AbortController().signal
  const quoted = await quote(
    context({ tryContent: async (order) => void checked.push(order) }),
    request({ signal }),
  )
  expect(quoted).toMatchObject({ model: { id: 'sandbox-image' }, price: { costMicros: 10_000 } })
  expect(await traces()).toEqual({ ...nothing, used: [1] })
  expect(checked).toEqual([{ input: quoted.input, inlineImages: new Map(), caller: callers.live }])
  expect(told.map(({ remaining }) => remaining)).toEqual([60, 59])
})

test('a quote is refused where a generation would be, or where there were too many quotes', async () => {
  await change('UPDATE workspaces SET image_rpm = 1')
  await quote(context(), request())
  told = []
  await expect(quote(context(), request())).rejects.toMatchObject({
    code: 'rate_limit',
    reason: 'image_quotes_per_minute',
  })
  // The headers tell of the window that refuses.
  expect(told.at(-1)).toMatchObject({ remaining: 0 })
  await take()
  told = []
  await expect(quote(context(), request())).rejects.toMatchObject({
    reason: 'image_requests_per_minute',
  })
  expect(told).toEqual([{ limit: 1, remaining: 0, resetAtSeconds: start / 1000 + 60 }])
})

test('a quote rehearses the check as well, and shows what the check refuses', async () => {
  const stages: string[] = []
  const rehearsing = {
    rehearse: async (stage: string) => void stages.push(stage),
  } as unknown as Upstream
  const refusal = fail('content_policy_violation', 'prompt_refused', { message: 'refused' })
  const refusing = context({
    routing: { rehearsing: () => rehearsing },
    tryContent: () => Promise.reject(refusal),
  })
  await expect(quote(refusing, request())).rejects.toBe(refusal)
  expect(stages).toEqual(['request', 'check'])
})

test('a quote that nobody waits for any more ends, and one that takes too long as well', async () => {
  const stopped = new AbortController()
  const silent = context({
    tryContent: (_order, signal) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason))
        stopped.abort(new Error('gone'))
      }),
  })
  await expect(quote(silent, request({ signal: stopped.signal }))).rejects.toMatchObject({
    code: 'server_error',
    reason: 'shutting_down',
  })
  const slow = context({
    tryContent: () => Promise.reject(new DOMException('time limit reached', 'TimeoutError')),
  })
  await expect(quote(slow, request())).rejects.toMatchObject({
    code: 'server_error',
    reason: 'deadline_exceeded',
    message: expect.stringContaining('longer than 50 s'),
  })
})

test('a quote for a test key asks for no money', async () => {
  await change('UPDATE accounts SET balance_micros = 0')
  await quote(context(), request({ caller: callers.test }))
  await expect(quote(context(), request())).rejects.toMatchObject({ code: 'quota_exceeded' })
})

test('the quota of files is that of the kind of key, and says when there will be room', async () => {
  const stored = (mode: KeyMode, bytes: number) =>
    database.transaction((tx) => countStored(tx, { workspaceId, mode }, bytes))
  await stored('live', defaultLimits.storageBytes - 1)
  await take()
  await stored('live', 1)
  await expect(take()).rejects.toMatchObject({
    message:
      'This workspace keeps 100 GB of files, and its quota is 100 GB. Ask whoever runs the server for a higher quota (`filmgate workspaces set NAME --storage-gb N`).',
  })
  await take({ caller: callers.test })
  await stored('test', defaultLimits.testStorageBytes)
  await change(
    `INSERT INTO outputs (generation_id, position, storage_key, sha256, bytes, mime_type, width, height,
       deletes_at, workspace_id, mode) VALUES ('gen_a', 0, 'k', '', 1, '', 1, 1, $1, $2, 'test')`,
    start + 60_000,
    workspaceId,
  )
  await expect(take({ caller: callers.test })).rejects.toMatchObject({
    message:
      'This workspace keeps 1 GB of files made with test keys, and its quota is 1 GB. The oldest file is deleted at 2026-11-22T12:01:00.000Z: send the request again after that. Ask whoever runs the server for a higher quota (`filmgate workspaces set NAME --test-storage-gb N`).',
  })
})
