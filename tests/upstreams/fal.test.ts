import { createHash } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openFsStore } from '../../packages/server/src/media/fs-store.ts'
import type { GenerationInput } from '../../packages/server/src/models/parse-input.ts'
import { createHttpClient } from '../../packages/server/src/net/http-client.ts'
import { falAdapter } from '../../packages/server/src/upstreams/fal/index.ts'
import type {
  Json,
  Polled,
  Submitted,
  Upstream,
  UpstreamImage,
  UpstreamJob,
  UpstreamRef,
} from '../../packages/server/src/upstreams/upstream.ts'
import { temporaryFolder } from '../support/gateway.ts'
import type { Act, Script } from '../support/upstream/script.ts'
import {
  startUpstream,
  type ScriptedUpstream,
  type UpstreamAccount,
} from '../support/upstream/scripted-upstream.ts'

const key = 'key-id-0a1b2c:key-secret-9z8y7x'
const timeoutMs = 10_000
const http = createHttpClient({ userAgent: 'filmgate-test' })
let server: ScriptedUpstream
let account: UpstreamAccount
let upstream: Upstream

beforeAll(async () => {
  server = await startUpstream()
  account = await server.account('fal', { key })
  upstream = await createUpstream()
})

afterAll(async () => {
  await http.close()
  await server.stop()
})

async function createUpstream({ secret = key, baseUrl = account.fal } = {}): Promise<Upstream> {
  return falAdapter.create({
    name: 'fal',
    baseUrl,
    credential: { name: 'FAL_KEY', secret },
    http,
    files: http,
    store: await openFsStore(temporaryFolder()),
    clock: () => Date.parse('2026-11-24T00:00:00Z'),
  })
}

function call(signal = new AbortController().signal) {
  return { signal, timeoutMs, leaveBy: performance.now() + 60_000 }
}

const image: GenerationInput = {
  prompt: '',
  images: [],
  aspectRatio: '1:1',
  resolution: '1K',
  seed: null,
  outputFormat: 'jpeg',
  duration: null,
  sound: null,
}
const film = {
  aspectRatio: '16:9',
  resolution: '720p',
  outputFormat: null,
  duration: 5,
  sound: true,
}

function toJob(
  prompt: string,
  {
    model = 'fal-ai/flux/schnell',
    input = {},
    images = [],
  }: {
    model?: string
    input?: Partial<GenerationInput>
    images?: UpstreamImage[]
  } = {},
): UpstreamJob {
  const type = input.duration === undefined ? 'image' : 'video'
  return {
    id: 'att_1',
    generationId: 'gen_1',
    workspaceId: 'ws_1',
    tenant: 'ws_1',
    type,
    route: { upstream: 'fal', ...falAdapter.parseRoute({ model }, type, () => '') },
    input: { ...image, ...input, prompt },
    images,
  }
}

function toImage(bytes: Buffer, role: UpstreamImage['role'] = 'reference_image'): UpstreamImage {
  return {
    role,
    mimeType: 'image/png',
    width: 1600,
    height: 900,
    bytes: bytes.length,
    // In pieces that are no multiples of three bytes.
    async *open() {
      for (let at = 0; at < bytes.length; at += 1000) yield bytes.subarray(at, at + 1000)
    },
  }
}

async function submit(prompt: string, options?: Parameters<typeof toJob>[1]): Promise<Submitted> {
  return upstream.submit(toJob(prompt, options), null, call())
}

async function accepted(prompt: string, options?: Parameters<typeof toJob>[1]) {
  const submitted = await submit(prompt, options)
  if (submitted.kind !== 'accepted') throw new Error(JSON.stringify(submitted))
  return submitted.ref
}

async function pollOf(prompt: string, script: Script): Promise<Polled> {
  await account.script(prompt, script)
  return upstream.poll(await accepted(prompt), call())
}

async function bytesOf(body: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  for await (const chunk of body) chunks.push(chunk)
  return Buffer.concat(chunks)
}

function sourceOf(polled: Polled): Json {
  const [output] = polled.kind === 'done' ? polled.outputs : []
  if (output?.kind !== 'remote') throw new Error(JSON.stringify(polled))
  return output.source
}

test('an image is submitted once, asked for until it is there, and fetched without the key', async () => {
  const prompt = 'happy image'
  await account.script(prompt, { job: { pendingPolls: 2, queuePosition: 1 } })
  const submitted = await submit(prompt, { input: { aspectRatio: '16:9', seed: 7 } })
  expect(submitted).toMatchObject({ kind: 'accepted', pollAfterMs: 500 })
  // What is kept of a job survives a restart, as text.
  const { ref } = JSON.parse(JSON.stringify(submitted)) as { ref: UpstreamRef }
  expect(JSON.stringify(ref)).not.toContain('key-')
  expect(await upstream.poll(ref, call())).toEqual({
    kind: 'pending',
    pollAfterMs: 500,
    queuePosition: 1,
  })
  expect(await upstream.poll(ref, call())).toEqual({ kind: 'pending', pollAfterMs: 500 })
  const polled = await upstream.poll(ref, call())
  expect(polled).toMatchObject({ kind: 'done', billed: 'yes', outputs: [{ kind: 'remote' }] })
  const file = await upstream.download(sourceOf(polled), call())
  if (file.kind !== 'file') throw new Error(file.note)
  const [job] = await account.jobs(prompt)
  const sha256 = createHash('sha256')
    .update(await bytesOf(file.body))
    .digest('hex')
  expect(sha256).toBe(await account.outputOf(job?.number ?? 0))

  const requests = await account.requests(prompt)
  expect(requests.map(({ method, step }) => `${method} ${step}`)).toEqual([
    'POST submit',
    'GET status',
    'GET status',
    'GET status',
    'GET result',
    'GET download',
  ])
  const [first] = requests
  expect(first?.path).toBe('/fal-ai/flux/schnell')
  expect(first?.headers).toMatchObject({
    authorization: `Key ${key}`,
    'content-type': 'application/json',
  })
  expect(JSON.parse(first?.body ?? '')).toEqual({
    prompt,
    image_size: { width: 1024, height: 576 },
    output_format: 'jpeg',
    seed: 7,
  })
  expect(requests[4]?.path).toBe(`/fal-ai/flux/requests/${job?.id}`)
  expect(requests[5]?.headers['authorization']).toBeUndefined()
  expect(await account.submissions(prompt)).toMatchObject({ received: 1, made: 1 })
})

test('a film with a first frame goes to the sibling for it, with the frame inside the request', async () => {
  const prompt = 'happy film: "quotes", \\ and 🦊'
  const frame = Buffer.from(Array.from({ length: 100_001 }, (_, index) => index % 251))
  const job = toJob(prompt, {
    model: 'fal-ai/kling-video/v3/standard',
    input: film,
    images: [toImage(frame, 'first_frame')],
  })
  expect(await upstream.prepare?.(job, call())).toEqual({ kind: 'ready', data: null })
  const submitted = await upstream.submit(job, null, call())
  if (submitted.kind !== 'accepted') throw new Error(JSON.stringify(submitted))
  expect(submitted.pollAfterMs).toBe(2000)
  const polled = await upstream.poll(submitted.ref, call())
  expect(polled).toMatchObject({ kind: 'done', billed: 'yes' })
  expect(JSON.stringify(sourceOf(polled))).toContain('.mp4')
  const [request] = await account.requests('happy film')
  expect(request?.path).toBe('/fal-ai/kling-video/v3/standard/image-to-video')
  expect(JSON.parse(request?.body ?? '')).toEqual({
    prompt,
    start_image_url: `data:image/png;base64,${frame.toString('base64')}`,
    duration: '5',
    generate_audio: true,
  })
  expect(request?.headers['content-length']).toBe(String(Buffer.byteLength(request?.body ?? '')))
})

test('images that are too large for the request are uploaded, without the key but to storage itself', async () => {
  const big = Buffer.alloc(5 * 1024 * 1024, 7)
  const addresses = (name: string) => ({
    upload_url: `${account.fal.replace(/fal$/, 'files')}/${name}?signature=s`,
    file_url: `https://files.example/${name}`,
  })
  const upload = (name: string): Script => ({ submit: { body: addresses(name), takesJob: false } })
  await account.script('image-1.png', upload('one'))
  await account.script('image-2.png', upload('two'))
  await account.script('', { download: { status: 200 } })
  const images = [toImage(big), toImage(big)]
  const options = { model: 'google/nano-banana-2.1', images }
  const job = toJob('two large images', options)
  const prepared = await upstream.prepare?.(job, call())
  expect(prepared).toEqual({
    kind: 'ready',
    data: ['https://files.example/one', 'https://files.example/two'],
  })
  if (prepared?.kind !== 'ready') throw new Error('not prepared')
  expect(await upstream.submit(job, prepared.data, call())).toMatchObject({ kind: 'accepted' })
  const [request] = await account.requests('two large images')
  expect(request?.path).toBe('/google/nano-banana-2.1/edit')
  expect(JSON.parse(request?.body ?? '')).toMatchObject({ image_urls: prepared.data })
  const puts = (await account.requests()).filter(({ method }) => method === 'PUT')
  expect(puts.map(({ path }) => path)).toEqual(['/one?signature=s', '/two?signature=s'])
  expect(puts.map(({ headers }) => headers['authorization'])).toEqual([undefined, undefined])
  expect(puts.map(({ headers }) => headers['content-length'])).toEqual(
    images.map(({ bytes }) => String(bytes)),
  )

  // Not every endpoint takes data URIs.
  const always = falAdapter.parseRoute(
    { model: 'google/nano-banana-2.1', params: { $upload: true } },
    'image',
    () => '',
  )
  const small = toJob('one small image', { ...options, images: [toImage(big.subarray(0, 9))] })
  const smallJob = { ...small, route: { ...small.route, ...always } }
  expect(await upstream.prepare?.(smallJob, call())).toEqual({
    kind: 'ready',
    data: ['https://files.example/one'],
  })

  await account.script('image-2.png', { submit: { status: 403, body: { detail: 'no' } } })
  expect(await upstream.prepare?.(job, call())).toMatchObject({
    kind: 'failed',
    failure: { kind: 'credential', job: 'none', billed: 'no' },
  })
  await account.script('', { download: { status: 503 } })
  expect(await upstream.prepare?.(job, call())).toMatchObject({
    kind: 'failed',
    failure: { kind: 'transient', job: 'none', billed: 'no', httpStatus: 503 },
  })
  await account.script('', { download: {} })
})

const refusals: [name: string, act: Act, failure: object][] = [
  [
    'a throttle with a hint',
    { status: 429, headers: { 'retry-after': '7' }, body: { detail: 'Too many requests' } },
    { kind: 'throttled', job: 'none', billed: 'no', retryAfterMs: 7000 },
  ],
  [
    'a throttle with a date',
    { status: 429, headers: { 'retry-after': 'Tue, 24 Nov 2026 00:00:30 GMT' }, body: {} },
    { kind: 'throttled', retryAfterMs: 30_000 },
  ],
  [
    'a throttle without a hint',
    { status: 429, body: '' },
    { kind: 'throttled', job: 'none', billed: 'no' },
  ],
  [
    'an exhausted balance',
    { status: 403, body: { detail: 'User is locked. Reason: Exhausted balance.' } },
    { kind: 'funds', job: 'none', billed: 'no', httpStatus: 403 },
  ],
  [
    'a wrong key whose answer breaks off',
    { status: 401, body: { detail: `no such key ${key}` }, half: true },
    { kind: 'credential', job: 'none', billed: 'no' },
  ],
  [
    'an unknown model',
    { status: 404, body: { detail: 'Application not found' } },
    { kind: 'model_gone', job: 'none', billed: 'no' },
  ],
  [
    'refused content',
    {
      status: 422,
      body: {
        detail: [{ loc: ['body', 'prompt'], msg: 'Flagged.', type: 'content_policy_violation' }],
      },
    },
    { kind: 'moderated', job: 'none', billed: 'no' },
  ],
  [
    'a refused value',
    {
      status: 422,
      body: { detail: [{ loc: ['body', 'image_size'], msg: 'Too big.', type: 'less_than' }] },
    },
    { kind: 'bad_input', field: 'aspectRatio', job: 'none', billed: 'no' },
  ],
  ['an error of theirs', { status: 500, body: {} }, { kind: 'transient', job: 'possible' }],
  ['a gateway time-out', { status: 504, body: '<html>' }, { kind: 'transient', job: 'possible' }],
  [
    'a broken connection before the request was read',
    { reset: 'before-reading' },
    { kind: 'transient', job: 'possible', billed: 'unknown' },
  ],
  [
    'a broken connection after it',
    { reset: 'after-reading', takesJob: true },
    { kind: 'transient', job: 'possible', billed: 'unknown' },
  ],
  [
    'a page in place of an answer',
    { status: 200, body: '<html>Welcome</html>' },
    { kind: 'useless', job: 'possible', billed: 'unknown', httpStatus: 200 },
  ],
  ['an answer of nothing', { status: 200, body: {} }, { kind: 'useless', job: 'possible' }],
  ['a list', { status: 200, body: [1, 2] }, { kind: 'useless', job: 'possible' }],
  [
    'an id that is an address',
    { status: 200, body: { request_id: '../../admin' } },
    { kind: 'useless', job: 'possible' },
  ],
]

test.each(refusals)('a submission that meets %s is told as it is', async (name, act, failure) => {
  const prompt = `submitted into ${name}`
  await account.script(prompt, { submit: act })
  const submitted = await submit(prompt)
  expect(submitted).toMatchObject({ kind: 'failed', failure })
  expect(JSON.stringify(submitted)).not.toContain('key-secret')
  expect(await account.requests(prompt)).toHaveLength(1)
})

test('nothing was sent where nobody listens, and where it is too late', async () => {
  const late = toJob('too late')
  const passed = { ...call(), leaveBy: performance.now() - 1 }
  const none = { kind: 'failed', failure: { kind: 'transient', job: 'none', billed: 'no' } }
  expect(await upstream.submit(late, null, passed)).toMatchObject(none)
  await server.down()
  expect(await submit('nobody is there')).toMatchObject(none)
  await server.up()
  expect(await account.requests('too late')).toEqual([])
})

test('an answer that never comes leaves open whether there is a job', async () => {
  await account.script('stalled', { submit: { stall: 'before-headers', takesJob: true } })
  const submitted = upstream.submit(toJob('stalled'), null, { ...call(), timeoutMs: 300 })
  expect(await submitted).toMatchObject({
    kind: 'failed',
    failure: { kind: 'transient', job: 'possible', billed: 'unknown' },
  })
  const controller = new AbortController()
  await account.script('given up', { submit: { wait: 'never' } })
  const given = upstream.submit(toJob('given up'), null, call(controller.signal))
  given.catch(() => undefined)
  await account.seen('submit', { match: 'given up', outcome: 'open' })
  const reason = new Error('nobody waits')
  controller.abort(reason)
  await expect(given).rejects.toBe(reason)
})

test('an id is read from an answer that breaks off behind it', async () => {
  const body = { request_id: 'abc-123', filler: 'x'.repeat(1000) }
  await account.script('broken behind the id', { submit: { body, half: true } })
  expect(await accepted('broken behind the id')).toMatchObject({
    id: 'abc-123',
    extra: { status: `${account.fal}/fal-ai/flux/requests/abc-123/status` },
  })
})

test('addresses of an answer are followed on the own origin only', async () => {
  const body = {
    request_id: 'abc-456',
    status_url: 'https://queue.fal.run.example/status',
    response_url: `${account.fal}/elsewhere/requests/abc-456`,
    cancel_url: account.fal.replace('http://', 'http://me:secret@'),
  }
  await account.script('foreign addresses', { submit: { body } })
  const built = `${account.fal}/fal-ai/flux/requests/abc-456`
  const ref = await accepted('foreign addresses')
  expect(ref.extra).toMatchObject({
    status: `${built}/status`,
    result: `${account.fal}/elsewhere/requests/abc-456`,
    cancel: `${built}/cancel`,
  })
  // The upstream has been moved since.
  const moved = await server.account('moved', { key })
  const elsewhere = await createUpstream({ baseUrl: moved.fal.replace('127.0.0.1', 'localhost') })
  expect(await elsewhere.poll(ref, call())).toEqual({ kind: 'unknown_job', billed: 'unknown' })
  expect(await moved.requests()).toMatchObject([{ path: '/fal-ai/flux/requests/abc-456/status' }])
})

const failedLooks: [name: string, script: Script][] = [
  ['a 500 as status', { status: { status: 500, body: { detail: 'x' } } }],
  ['a 401 as status', { status: { status: 401, body: { detail: 'x' } } }],
  ['a 403 as status', { status: { status: 403, body: { detail: 'User is locked.' } } }],
  ['a page as status', { status: { status: 200, body: '<html>' } }],
  ['half a status', { status: { half: true } }],
  ['a broken status', { status: { reset: 'in-body' } }],
  ['no status', { status: { reset: 'after-reading' } }],
  ['a status of numbers', { status: { status: 200, body: { status: 7 } } }],
  ['a 500 as result', { result: { status: 500, body: { detail: 'x' } } }],
  ['a 504 as result', { result: { status: 504, body: '<html>' } }],
  ['a 403 as result', { result: { status: 403, body: { detail: 'x' } } }],
  ['a page as result', { result: { status: 200, body: '<html>' } }],
  ['a list as result', { result: { status: 200, body: [] } }],
  ['half a result', { result: { half: true } }],
  ['a cut result', { result: { reset: 'in-body' } }],
  ['an endless result', { result: { endless: true } }],
  ['a failure that the queue says nothing of', { job: { verdict: 'failed', hidesFailure: true } }],
]

test.each(failedLooks)('a look that meets %s says nothing about the job', async (name, script) => {
  expect(await pollOf(`looks at ${name}`, script)).toMatchObject({ kind: 'no_answer' })
})

test('a look that failed may succeed the next time', async () => {
  const prompt = 'first throttled'
  const busy = { status: 429, headers: { 'retry-after': '2' }, body: {} }
  await account.script(prompt, {
    status: [busy, {}],
    result: [busy, { status: 502, body: '' }, {}],
  })
  const ref = await accepted(prompt)
  const look = () => upstream.poll(ref, call())
  expect(await look()).toEqual({
    kind: 'no_answer',
    note: 'fal answered 429',
    retryAfterMs: 2000,
  })
  expect(await look()).toMatchObject({ kind: 'no_answer', retryAfterMs: 2000 })
  expect(await look()).toEqual({ kind: 'no_answer', note: 'fal answered 502' })
  expect(await look()).toMatchObject({ kind: 'done' })
})

const pending: [name: string, script: Script][] = [
  ['an unknown state', { status: { status: 200, body: { status: 'DREAMING' } } }],
  ['a position that is none', { status: { body: { status: 'IN_QUEUE', queue_position: -1 } } }],
  [
    'a result too early',
    { result: { status: 400, body: { detail: 'Request is still in progress' } } },
  ],
  ['a state as result', { result: { status: 200, body: { status: 'IN_PROGRESS' } } }],
]

test.each(pending)('%s means that it goes on', async (name, script) => {
  expect(await pollOf(`pending by ${name}`, script)).toEqual({ kind: 'pending', pollAfterMs: 500 })
})

const verdicts: [name: string, script: Script, failure: object][] = [
  ['moderated', { job: { verdict: 'moderated' } }, { kind: 'moderated', billed: 'unknown' }],
  ['black pictures', { job: { verdict: 'nsfw-flag' } }, { kind: 'moderated', billed: 'yes' }],
  ['withheld', { job: { verdict: 'moderated-as-empty' } }, { kind: 'useless', billed: 'unknown' }],
  ['an empty result', { job: { verdict: 'empty' } }, { kind: 'useless', billed: 'yes' }],
  ['failed', { job: { verdict: 'failed' } }, { kind: 'transient', billed: 'no', httpStatus: 500 }],
  ['timed out', { job: { verdict: 'timed-out' } }, { kind: 'transient', billed: 'no' }],
  ['its runner lost', { job: { verdict: 'runner-lost' } }, { kind: 'transient', billed: 'no' }],
  [
    'a refused value in the end',
    { job: { verdict: { name: 'invalid-field', field: 'image_size', type: 'one_of' } } },
    { kind: 'bad_input', field: 'aspectRatio', billed: 'unknown' },
  ],
  [
    'failed and then gone',
    {
      status: {
        status: 200,
        body: { status: 'COMPLETED', error_type: 'content_policy_violation' },
      },
      result: { status: 404, body: { detail: 'Request not found' } },
    },
    { kind: 'moderated', billed: 'unknown' },
  ],
  [
    'no such path',
    { result: { status: 404, body: { detail: 'Path /no-such-path not found' } } },
    { kind: 'model_gone', billed: 'no' },
  ],
  [
    'files without addresses',
    {
      result: { status: 200, body: { images: [{ url: 'file:///etc/passwd' }, null, { url: 5 }] } },
    },
    { kind: 'useless', billed: 'yes' },
  ],
]

test.each(verdicts)('a job that ends as %s has ended', async (name, script, failure) => {
  expect(await pollOf(`ends as ${name}`, script)).toMatchObject({
    kind: 'failed',
    failure: { job: 'ended', ...failure },
  })
})

test('a picture that was not flagged is a result, whatever the others are', async () => {
  const url = (name: string) => `https://files.example/${name}`
  const body = {
    images: [{ url: 5 }, { url: url('black') }, { url: url('good') }],
    has_nsfw_concepts: [false, true, false],
  }
  expect(await pollOf('one of two', { result: { status: 200, body } })).toEqual({
    kind: 'done',
    billed: 'yes',
    outputs: [{ kind: 'remote', source: { url: url('good') } }],
  })
})

test('a job that is no longer known is told as that', async () => {
  const unknown = { kind: 'unknown_job', billed: 'unknown' }
  expect(await pollOf('forgotten', { job: { forgetAfterPolls: 0 } })).toEqual(unknown)
  const gone = { result: { status: 404, body: { detail: 'Request not found' } } }
  expect(await pollOf('gone before its result', gone)).toEqual(unknown)
})

test('cancelling says what fal says', async () => {
  await account.script('to be cancelled', { job: { pendingPolls: 'forever' } })
  const ref = await accepted('to be cancelled')
  expect(await upstream.cancel(ref, call())).toBe('requested')
  expect(await upstream.poll(ref, call())).toMatchObject({
    kind: 'failed',
    failure: { kind: 'transient', job: 'ended', billed: 'unknown', httpStatus: 499 },
  })
  expect(await upstream.cancel(ref, call())).toBe('too_late')
  const [cancelling] = (await account.requests('to be cancelled')).filter(
    ({ step }) => step === 'cancel',
  )
  expect(cancelling).toMatchObject({
    method: 'PUT',
    path: `/fal-ai/flux/requests/${ref.id}/cancel`,
  })
  const [job] = await account.jobs('to be cancelled')
  await account.forget(job?.number ?? 0)
  expect(await upstream.cancel(ref, call())).toBe('unknown')
  await account.script('deaf', { cancel: [{ status: 500, body: '' }, { reset: 'after-reading' }] })
  const deaf = await accepted('deaf')
  expect(await upstream.cancel(deaf, call())).toBe('unknown')
  expect(await upstream.cancel(deaf, call())).toBe('unknown')
})

const files: [name: string, act: Act, downloaded: object][] = [
  ['missing', { status: 404 }, { kind: 'gone' }],
  ['gone', { status: 410 }, { kind: 'gone' }],
  ['over', { status: 403, body: '<Message>Request has expired</Message>' }, { kind: 'gone' }],
  ['refused', { status: 403, body: 'slow down' }, { kind: 'no_answer' }],
  [
    'busy',
    { status: 503, headers: { 'retry-after': '3' } },
    { kind: 'no_answer', retryAfterMs: 3000 },
  ],
  ['elsewhere', { status: 302, headers: { location: 'http://127.0.0.1/' } }, { kind: 'no_answer' }],
  ['broken', { reset: 'after-reading' }, { kind: 'no_answer' }],
  ['encoded', { headers: { 'content-encoding': 'gzip' } }, { kind: 'no_answer' }],
]

test.each(files)('a file that is %s is told as that', async (name, act, downloaded) => {
  const polled = await pollOf(`a file that is ${name}`, { download: act })
  expect(await upstream.download(sourceOf(polled), call())).toMatchObject(downloaded)
})

test('a file that breaks off throws', async () => {
  const polled = await pollOf('a file in two', { download: { reset: 'in-body' } })
  const file = await upstream.download(sourceOf(polled), call())
  if (file.kind !== 'file') throw new Error(file.note)
  await expect(bytesOf(file.body)).rejects.toThrow()
})

test('a wrong key is told at the door', async () => {
  const other = await createUpstream({ secret: 'wrong' })
  expect(await other.submit(toJob('wrong key'), null, call())).toMatchObject({
    kind: 'failed',
    failure: { kind: 'credential', job: 'none', billed: 'no', httpStatus: 401 },
  })
  expect(await account.submissions('wrong key')).toMatchObject({ made: 0 })
})
