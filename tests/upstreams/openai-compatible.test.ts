/** What the adapter answers, and what the upstream was asked, over real sockets. */
import { createHash } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { openFsStore } from '../../packages/server/src/media/fs-store.ts'
import type { MediaStore } from '../../packages/server/src/media/media-store.ts'
import { createHttpClient, type HttpClient } from '../../packages/server/src/net/http-client.ts'
import type { RouteConfig } from '../../packages/server/src/upstreams/adapter.ts'
import { openaiCompatibleAdapter } from '../../packages/server/src/upstreams/openai-compatible/index.ts'
import type {
  Downloaded,
  Json,
  Submitted,
  Upstream,
  UpstreamImage,
  UpstreamJob,
} from '../../packages/server/src/upstreams/upstream.ts'
import { localAnswers, openaiAnswers } from '../support/upstream/answers/openai.ts'
import type { AccountSettings } from '../support/upstream/records.ts'
import type { Act } from '../support/upstream/script.ts'
import {
  startUpstream,
  type ScriptedUpstream,
  type UpstreamAccount,
} from '../support/upstream/scripted-upstream.ts'

const key = 'sk-local-0123456789abcdef'
const prompt = 'A fox in the snow, "quoted" — ü'

let scripted: ScriptedUpstream
let http: HttpClient
let files: HttpClient
beforeAll(async () => {
  scripted = await startUpstream()
  http = createHttpClient({ userAgent: 'filmgate-test' })
  files = createHttpClient({ userAgent: 'filmgate-test-files' })
})
afterAll(async () => {
  await http.close()
  await files.close()
  await scripted.stop()
})

let folder: string
let store: MediaStore
let account: UpstreamAccount
let controller: AbortController
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'filmgate-openai-'))
  store = await openFsStore(folder)
  controller = new AbortController()
  await setUp({ key })
})
afterEach(async () => {
  await account.reset()
  rmSync(folder, { recursive: true })
})

async function setUp(settings: AccountSettings): Promise<void> {
  account = await scripted.account('openai-compatible', settings)
}

function upstream(secret: string | undefined = key): Upstream {
  return openaiCompatibleAdapter.create({
    name: 'local',
    baseUrl: account.openai,
    credential: { name: 'LOCAL_KEY', secret },
    http,
    files,
    store,
    clock: () => Date.UTC(2026, 10, 24),
  })
}

function jobOf(
  params?: RouteConfig['params'],
  input: Partial<UpstreamJob['input']> = {},
  images: UpstreamImage[] = [],
): UpstreamJob {
  const config = { model: 'gpt-image-2', ...(params === undefined ? {} : { params }) }
  return {
    id: 'att_1',
    generationId: 'gen_1',
    workspaceId: 'ws_1',
    tenant: 'ws_1',
    type: 'image',
    route: {
      upstream: 'local',
      ...openaiCompatibleAdapter.parseRoute(config, 'image', () => ''),
    },
    input: {
      prompt,
      images: [],
      aspectRatio: '16:9',
      resolution: '1K',
      seed: null,
      outputFormat: 'webp',
      duration: null,
      sound: null,
      ...input,
    },
    images,
  }
}

interface Asked {
  job?: UpstreamJob
  secret?: string
  timeoutMs?: number
  leaveBy?: number
}

function submit({ job = jobOf(), secret, timeoutMs = 30_000, leaveBy = Infinity }: Asked = {}) {
  return upstream(secret).submit(job, null, { signal: controller.signal, timeoutMs, leaveBy })
}

async function submitTo(act: Act, asked?: Asked): Promise<Submitted> {
  await account.script('', { submit: act })
  const submitted = await submit(asked)
  // One POST, whatever comes of it.
  expect(await account.requests()).toHaveLength(1)
  return submitted
}

function download(source: Json): Promise<Downloaded> {
  return upstream().download(source, { signal: controller.signal, timeoutMs: 30_000 })
}

/** SHA-256 of the only output. */
async function hashOf(submitted: Submitted): Promise<string> {
  if (submitted.kind !== 'done') throw new Error(JSON.stringify(submitted))
  const [output] = submitted.outputs
  if (output === undefined || submitted.outputs.length !== 1) throw new Error('not one output')
  if (output.kind === 'bytes') return sha256(output.bytes)
  if (output.kind === 'staged') return sha256(readFileSync(output.file.path))
  return hashOfFile(await download(output.source))
}

async function hashOfFile(downloaded: Downloaded): Promise<string> {
  if (downloaded.kind !== 'file') throw new Error(JSON.stringify(downloaded))
  const pieces: Uint8Array[] = []
  for await (const piece of downloaded.body) pieces.push(piece)
  return sha256(Buffer.concat(pieces))
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}

function staged(): string[] {
  return readdirSync(join(folder, 'incoming'))
}

function imageOf(bytes: Uint8Array, mimeType: string): UpstreamImage {
  return {
    role: 'reference_image',
    mimeType,
    width: 1,
    height: 1,
    bytes: bytes.byteLength,
    async *open() {
      for (let at = 0; at < bytes.byteLength; at += 1000) yield bytes.subarray(at, at + 1000)
    },
  }
}

test('a picture inside the answer goes to disk at once', async () => {
  const submitted = await submit({ job: jobOf({ quality: 'high' }) })
  expect(submitted).toMatchObject({ kind: 'done', ref: { id: 'att_1' }, billed: 'no' })
  expect(await hashOf(submitted)).toBe(await account.outputOf(1))
  const [request] = await account.requests()
  expect(request).toMatchObject({ method: 'POST', path: '/v1/images/generations' })
  expect(request?.headers).toMatchObject({
    authorization: `Bearer ${key}`,
    'content-type': 'application/json',
  })
  expect(JSON.parse(request?.body ?? '')).toEqual({
    model: 'gpt-image-2',
    prompt,
    n: 1,
    size: '1024x576',
    output_format: 'webp',
    quality: 'high',
  })
})

test('reference images stream as a form', async () => {
  const [first, second] = [Buffer.alloc(150_000, 'ab'), Buffer.from('\r\n--x\r\n')]
  const images = [imageOf(first, 'image/png'), imageOf(second, 'image/jpeg')]
  const job = jobOf({ steps: 4, seed: '{{seed}}', extra: { a: 1 } }, { seed: 7 }, images)
  expect(await hashOf(await submit({ job }))).toBe(await account.outputOf(1))
  const [request] = await account.requests()
  expect(request).toMatchObject({ method: 'POST', path: '/v1/images/edits' })
  expect(request?.headers['content-length']).toMatch(/^\d+$/u)
  expect(request?.fields).toEqual({
    model: 'gpt-image-2',
    prompt,
    n: '1',
    size: '1024x576',
    output_format: 'webp',
    steps: '4',
    seed: '7',
    extra: '{"a":1}',
  })
  expect(request?.files).toEqual([
    {
      field: 'image[]',
      name: 'image-1.png',
      type: 'image/png',
      bytes: 150_000,
      sha256: sha256(first),
    },
    {
      field: 'image[]',
      name: 'image-2.jpeg',
      type: 'image/jpeg',
      bytes: 7,
      sha256: sha256(second),
    },
  ])
})

test('an address on the upstream’s own origin is fetched with the key', async () => {
  await setUp({ key, dialect: 'localai' })
  const submitted = await submit()
  expect(submitted).toMatchObject({ outputs: [{ kind: 'remote' }] })
  expect(await hashOf(submitted)).toBe(await account.outputOf(1))
  const [, fetched] = await account.requests()
  expect(fetched).toMatchObject({ method: 'GET', step: 'download' })
  expect(fetched?.headers).toMatchObject({
    authorization: `Bearer ${key}`,
    'user-agent': 'filmgate-test',
  })
  expect(staged()).toEqual([])
})

test('an address elsewhere is fetched without the key', async () => {
  const url = new URL('/openai-compatible/files/1/0.webp', account.openai)
  url.hostname = 'localhost'
  await account.script('', { submit: { body: { data: [{ url: url.href }] }, takesJob: true } })
  const submitted = await submit()
  expect(await hashOf(submitted)).toBe(await account.outputOf(1))
  const [, fetched] = await account.requests()
  expect(fetched?.headers).toMatchObject({ 'user-agent': 'filmgate-test-files' })
  expect(fetched?.headers).not.toHaveProperty('authorization')
})

test('a relative address is the upstream’s own', async () => {
  const url = '/openai-compatible/files/1/0.webp'
  const submitted = await submitTo({ body: { id: 'run_1', data: [{ url }] }, takesJob: true })
  const source = { url: new URL(url, account.openai).href }
  expect(submitted).toMatchObject({ ref: { id: 'run_1' }, outputs: [{ kind: 'remote', source }] })
})

test('the first picture counts, and what else was sent is discarded', async () => {
  const [one, other] = [Buffer.alloc(30_000, 1), Buffer.alloc(30_000, 2)].map((bytes) =>
    bytes.toString('base64'),
  )
  const data = [null, {}, { b64_json: '' }, { b64_json: one, url: null }, { b64_json: other }]
  const submitted = await submitTo({ body: { id: '../x', data } })
  expect(submitted).toMatchObject({ ref: { id: 'att_1' } })
  expect(await hashOf(submitted)).toBe(sha256(Buffer.alloc(30_000, 1)))
  expect(staged()).toHaveLength(1)
})

test.each([
  ['a small one', 'iVBORw0KGgo='],
  ['a data: URL', 'data:image/png;base64,iVBORw0KGgo='],
])('%s comes as bytes', async (_, picture) => {
  const field = picture.startsWith('data:') ? 'url' : 'b64_json'
  const submitted = await submitTo({ body: { data: [{ [field]: picture }] } })
  expect(submitted).toMatchObject({ outputs: [{ kind: 'bytes' }] })
  expect(await hashOf(submitted)).toBe(sha256(Buffer.from('iVBORw0KGgo=', 'base64')))
})

const none = { job: 'none', billed: 'no' }
const possible = { kind: 'transient', job: 'possible', billed: 'no' }
const refusals: [what: string, act: Act, failure: object][] = [
  ['moderated', openaiAnswers.moderationBlocked(), { kind: 'moderated', job: 'ended' }],
  ['the quota is used up', openaiAnswers.insufficientQuota(), { kind: 'funds', ...none }],
  ['no credits', openaiAnswers.noCredits(), { kind: 'funds', ...none }],
  [
    '429 with a wait',
    openaiAnswers.rateLimited({ seconds: 3 }),
    { kind: 'throttled', retryAfterMs: 3000, ...none },
  ],
  [
    '429 with an exact wait',
    openaiAnswers.rateLimited({ ms: 250 }),
    { kind: 'throttled', retryAfterMs: 250, ...none },
  ],
  ['429 without a wait', localAnswers.queueFull(), { kind: 'throttled', ...none }],
  [
    'the model is loading',
    localAnswers.modelLoading(5),
    { kind: 'throttled', retryAfterMs: 5000, ...none },
  ],
  ['the organization', openaiAnswers.organizationUnverified(), { kind: 'credential', ...none }],
  ['no such model', openaiAnswers.modelNotFound(), { kind: 'model_gone', ...none }],
  [
    'a bad prompt',
    openaiAnswers.invalidValue('prompt'),
    { kind: 'bad_input', field: 'prompt', ...none },
  ],
  ['a bad size', openaiAnswers.invalidValue('size'), { kind: 'bad_input', ...none }],
  [
    'a bad field',
    localAnswers.invalidField('prompt', 'too long'),
    { kind: 'bad_input', field: 'prompt', ...none },
  ],
  ['overloaded', openaiAnswers.overloaded(), { kind: 'throttled', ...none }],
  ['500', openaiAnswers.serverError(), possible],
  ['500 of vLLM', localAnswers.detail(500, 'CUDA out of memory'), possible],
  [
    'a failed run',
    localAnswers.sdcppError(500, 'generate_image returned no results'),
    { kind: 'transient', job: 'ended' },
  ],
  [
    'a redirect',
    { status: 307, headers: { location: '/v1/images/generations' }, body: '' },
    { kind: 'model_gone', ...none },
  ],
  [
    'a page',
    { body: '<html><h1>Sign in</h1></html>' },
    { ...possible, note: 'HTTP 200, no JSON: Sign in' },
  ],
  ['other JSON', { body: { result: 1 } }, { kind: 'useless', job: 'ended' }],
  [
    'wrong types',
    { body: { data: [{ b64_json: 1, url: [] }, 'x', 2] } },
    { kind: 'useless', job: 'ended' },
  ],
  ['an empty result', { body: { created: 1, data: [] } }, { kind: 'useless', job: 'ended' }],
  [
    'an address that is none',
    { body: { data: [{ url: 'file:///etc/passwd' }] } },
    { kind: 'useless' },
  ],
  [
    'an address with a name',
    { body: { data: [{ url: 'http://a:b@x.example/' }] } },
    { kind: 'useless' },
  ],
  ['base64 that is none', { body: { data: [{ b64_json: '<svg/>' }] } }, { kind: 'useless' }],
  [
    'long base64 that is none',
    { body: { data: [{ b64_json: `${'A'.repeat(40_000)}!` }] } },
    possible,
  ],
  ['an empty answer', { status: 204, body: '' }, possible],
  ['an endless answer', { body: { data: [] }, endless: true }, possible],
]
test.each(refusals)('%s is told', async (_, act, failure) => {
  expect(await submitTo(act)).toMatchObject({ kind: 'failed', failure })
  expect(staged()).toEqual([])
})

test('a wrong key is told, without it', async () => {
  const secret = 'sk-wrong-9876543210fedcba'
  const submitted = await submit({ secret })
  expect(submitted).toMatchObject({ failure: { kind: 'credential', httpStatus: 401, ...none } })
  expect(JSON.stringify(submitted)).not.toContain(secret)
})

test('a refusal counts whose body was cut', async () => {
  const act: Act = { ...openaiAnswers.invalidApiKey(), reset: 'in-body' }
  expect(await submitTo(act)).toMatchObject({ failure: { kind: 'credential', ...none } })
})

test.each([
  ['reset before it was read', { reset: 'before-reading' }],
  ['reset after it was read', { reset: 'after-reading' }],
  ['reset within its answer', { reset: 'in-body' }],
  ['cut at half of its answer', { half: true }],
] satisfies [string, Act][])('a submission that is %s may have made a job', async (_, act) => {
  expect(await submitTo(act)).toMatchObject({ kind: 'failed', failure: possible })
  expect(staged()).toEqual([])
})

test('a submission without an answer in time may have made a job', async () => {
  const submitted = await submitTo({ stall: 'before-headers' }, { timeoutMs: 300 })
  expect(submitted).toMatchObject({ kind: 'failed', failure: possible })
  expect(await account.submissions()).toMatchObject({ made: 1 })
})

test('a submission to nobody made none', async () => {
  await scripted.down()
  try {
    const submitted = await submit()
    expect(submitted).toMatchObject({ kind: 'failed', failure: { kind: 'transient', ...none } })
  } finally {
    await scripted.up()
  }
})

test('a submission that is too late does not leave', async () => {
  const submitted = await submit({ leaveBy: performance.now() - 1 })
  expect(submitted).toMatchObject({ kind: 'failed', failure: { kind: 'transient', ...none } })
  expect(await account.requests()).toEqual([])
})

test('a submission that nobody needs any more ends with the reason', async () => {
  await account.script('', { submit: { stall: 'in-body' } })
  const submitting = submit()
  await account.seen('submit')
  controller.abort(new Error('not needed'))
  await expect(submitting).rejects.toThrow('not needed')
  expect(staged()).toEqual([])
})

test('nothing can be asked or stopped afterwards', async () => {
  const call = { signal: controller.signal, timeoutMs: 1000 }
  expect(await upstream().poll({ id: 'att_1' }, call)).toEqual({
    kind: 'unknown_job',
    billed: 'no',
  })
  expect(await upstream().cancel({ id: 'att_1' }, call)).toBe('too_late')
  expect(await account.requests()).toEqual([])
})

test.each([
  ['a file that is missing', { status: 404, body: '' }, { kind: 'gone' }],
  ['a file that is gone', { status: 410, body: '' }, { kind: 'gone' }],
  ['a file behind another key', { status: 403, body: '' }, { kind: 'no_answer' }],
  ['a server that fails', { status: 500, body: '' }, { kind: 'no_answer' }],
  [
    'a server that is busy',
    { status: 503, headers: { 'retry-after': '2' }, body: '' },
    { kind: 'no_answer', retryAfterMs: 2000 },
  ],
  ['a connection that breaks', { reset: 'after-reading' }, { kind: 'no_answer' }],
] satisfies [string, Act, object][])('%s is told', async (_, act, downloaded) => {
  await account.script('', { download: act })
  const url = new URL('/openai-compatible/files/1/0.png?signature=secret', account.openai).href
  const answer = await download({ url })
  expect(answer).toMatchObject(downloaded)
  expect(JSON.stringify(answer)).not.toContain('signature')
})

test('an address elsewhere that has expired is gone', async () => {
  await account.script('', { download: { status: 403, body: '' } })
  const url = new URL('/openai-compatible/files/1/0.png', account.openai)
  url.hostname = 'localhost'
  expect(await download({ url: url.href })).toMatchObject({ kind: 'gone' })
  expect(await download('nothing')).toMatchObject({ kind: 'gone' })
})

test('a file that breaks off is no file', async () => {
  await setUp({ key, dialect: 'localai' })
  await account.script('', { download: { reset: 'in-body' } })
  await expect(hashOf(await submit())).rejects.toThrow()
})

test('a page instead of a file is handed over as it is', async () => {
  await setUp({ key, dialect: 'localai' })
  await account.script('', { job: { outputs: [{ fault: 'html' }] } })
  await expect(hashOf(await submit())).resolves.toMatch(/^[\da-f]{64}$/u)
})
