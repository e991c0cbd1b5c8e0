import { expect, test } from 'vitest'
import type { UpstreamFailure } from '../../packages/server/src/upstreams/upstream.ts'
import { comfyAnswers } from '../support/upstream/answers/comfyui.ts'
import type { Act, Script } from '../support/upstream/script.ts'
import {
  call,
  fetchFile,
  pathsAt,
  send,
  sendWell,
  sourceOf,
  toImage,
  toJob,
  useComfyUI,
} from './support/comfyui.ts'

const comfy = useComfyUI()
const page: Act = { body: '<!doctype html><title>Sign in</title>' }
const seedTooBig = comfyAnswers.invalidInput({
  node: '3',
  input: 'seed',
  type: 'value_bigger_than_max',
  message: 'Value 9 bigger than max of 8',
  classType: 'KSampler',
})

test.each<[string, Act, Partial<UpstreamFailure>]>([
  ['reset before it was read', { reset: 'before-reading' }, { kind: 'transient', job: 'possible' }],
  ['reset after it was read', { reset: 'after-reading' }, { kind: 'transient', job: 'possible' }],
  ['cut in its answer', { half: true }, { kind: 'useless', job: 'possible' }],
  ['reset in its answer', { reset: 'in-body' }, { kind: 'useless', job: 'possible' }],
  ['answered with a page', page, { kind: 'useless', job: 'possible', httpStatus: 200 }],
  ['answered with a list', { body: [] }, { kind: 'useless', job: 'possible' }],
  ['answered without an id', { body: { prompt_id: '../x' } }, { kind: 'useless', job: 'possible' }],
  ['answered with 500', comfyAnswers.trouble(true), { kind: 'transient', job: 'possible' }],
  ['answered with 503', { status: 503 }, { kind: 'transient', job: 'possible', httpStatus: 503 }],
  [
    'redirected',
    { status: 302, headers: { location: '/login' } },
    { kind: 'model_gone', job: 'possible' },
  ],
  ['throttled', { status: 429 }, { kind: 'throttled', job: 'none' }],
  [
    'throttled for a while',
    { status: 429, headers: { 'retry-after': '7' } },
    { kind: 'throttled', job: 'none', retryAfterMs: 7000 },
  ],
  ['not paid for', { status: 402 }, { kind: 'funds', job: 'none' }],
  ['forbidden in half a body', { status: 401, body: 'no way', half: true }, { kind: 'credential' }],
  ['not found', { status: 404, body: '404: Not Found' }, { kind: 'model_gone', job: 'none' }],
  ['too large', comfyAnswers.tooLarge(10, 20), { kind: 'bad_input', job: 'none' }],
  ['refused for its seed', seedTooBig, { kind: 'bad_input', field: 'seed', job: 'none' }],
  [
    'refused for a checkpoint',
    comfyAnswers.missingCheckpoint('4', 'sd15.safetensors'),
    {
      kind: 'model_gone',
      job: 'none',
      note: 'node 4 (CheckpointLoaderSimple): value_not_in_list of ckpt_name "sd15.safetensors"',
    },
  ],
  ['refused for a node', comfyAnswers.unknownNode('3', 'Wan'), { kind: 'model_gone', job: 'none' }],
])('a submission that is %s is told truly', async (_, act, expected) => {
  const { account, upstream } = await comfy.open()
  await account.script('a fox', { submit: act })
  const submitted = await send(upstream, toJob('a fox'))
  expect(submitted).toMatchObject({ kind: 'failed', failure: { billed: 'no', ...expected } })
  const { received } = await account.submissions()
  expect(received).toBe(act.reset === 'before-reading' ? 0 : 1)
})

test('a submission without an answer in time may have been taken', async () => {
  const { account, upstream } = await comfy.open()
  await account.script('a fox', { submit: { stall: 'before-headers', takesJob: true } })
  const submitted = await upstream.submit(toJob('a fox'), {}, call({ timeoutMs: 200 }))
  expect(submitted).toMatchObject({ failure: { kind: 'transient', job: 'possible' } })
})

test('a server that is down was sent nothing, and tells nothing', async () => {
  const { upstream } = await comfy.open()
  const job = toJob('a fox')
  const ref = await sendWell(upstream, job)
  const source = sourceOf(await upstream.poll(ref, call()))
  await comfy.server().down()
  try {
    expect(await upstream.submit(toJob('a fox'), {}, call())).toMatchObject({
      failure: { kind: 'transient', job: 'none' },
    })
    const image = toImage(Buffer.from('x'), 'reference_image')
    const nodes = {
      1: { class_type: 'LoadImage', inputs: { image: '{{image_1}}' } },
      5: { class_type: 'EmptyImage', inputs: { width: 64, height: 64, text: '{{prompt}}' } },
      9: { class_type: 'SaveImage', inputs: { images: ['5', 0] } },
    }
    const withImage = toJob('a fox', { nodes, images: [image] })
    expect(await upstream.prepare?.(withImage, call())).toMatchObject({
      failure: { kind: 'transient', job: 'none' },
    })
    expect(await upstream.poll(ref, call())).toMatchObject({ kind: 'no_answer' })
    expect(await upstream.cancel(ref, call())).toBe('unknown')
    expect(await upstream.download(source, call())).toMatchObject({ kind: 'no_answer' })
    const sent = { id: job.id, sentAt: 0, route: job.route }
    expect(await upstream.find?.(sent, call())).toMatchObject({ kind: 'unknown' })
  } finally {
    await comfy.server().up()
  }
})

test('a workflow of which only a part is taken fails, and the part is stopped', async () => {
  const { account, upstream } = await comfy.open()
  const error = { type: 'bad_linked_input', message: '', details: 'images', extra_info: {} }
  const nodeErrors = { 12: { errors: [error], dependent_outputs: ['12'], class_type: 'SaveImage' } }
  await account.script('a fox', { job: { nodeErrors, pendingPolls: 'forever' } })
  const submitted = await send(upstream, toJob('a fox'))
  expect(submitted).toMatchObject({
    kind: 'failed',
    failure: {
      kind: 'bad_input',
      job: 'ended',
      billed: 'no',
      note: 'node 12 (SaveImage): bad_linked_input',
    },
  })
  expect(await pathsAt(account)).toEqual([
    'POST /prompt',
    'POST /queue',
    'GET /queue',
    'POST /interrupt',
  ])
  expect(await account.jobs()).toMatchObject([{ verdict: 'interrupted' }])
})

test.each<[string, Script, object]>([
  ['fails', { job: { verdict: 'failed' } }, { kind: 'transient' }],
  ['fails beside a file', { job: { verdict: 'failed-with-outputs' } }, { kind: 'transient' }],
  ['runs out of memory', { job: { verdict: 'out-of-memory' } }, { kind: 'transient' }],
  ['is moderated by a service', { job: { verdict: 'moderated' } }, { kind: 'moderated' }],
  ['is interrupted', { job: { verdict: 'interrupted' } }, { kind: 'transient' }],
  ['makes nothing', { job: { verdict: 'empty' } }, { kind: 'useless' }],
])('a job that %s has ended, and no folder of the server is told', async (_, script, expected) => {
  const { account, upstream } = await comfy.open()
  await account.script('a fox', script)
  const polled = await upstream.poll(await sendWell(upstream, toJob('a fox')), call())
  expect(polled).toMatchObject({
    kind: 'failed',
    failure: { job: 'ended', billed: 'no', ...expected },
  })
  expect(JSON.stringify(polled)).not.toMatch(/opt|ComfyUI|fox/)
})

test.each<[string, Script]>([
  ['its queue is in trouble', { status: [comfyAnswers.trouble(), {}] }],
  ['its queue is a page', { status: [page, {}] }],
  ['its queue is no queue', { status: [{ body: { queue_running: 7 } }, {}] }],
  ['its queue is not found', { status: [{ status: 404 }, {}] }],
  ['the key is not taken any more', { status: [{ status: 401 }, {}] }],
  ['its queue is cut', { status: [{ half: true }, {}] }],
  ['its queue is reset', { status: [{ reset: 'after-reading' }, {}] }],
  ['its queue never comes', { status: [{ stall: 'before-headers' }, {}] }],
  ['its history is in trouble', { result: [comfyAnswers.trouble(), {}] }],
  ['its history is a page', { result: [page, {}] }],
  ['its history is of another job', { result: [{ body: { other: {} } }, {}] }],
  ['its history is not found', { result: [{ status: 404 }, {}] }],
])('a look that fails since %s says nothing about the job', async (_, script) => {
  const { account, upstream } = await comfy.open()
  await account.script('', script)
  const ref = await sendWell(upstream, toJob('a fox'))
  const polled = await upstream.poll(ref, call({ timeoutMs: script.status ? 500 : 10_000 }))
  expect(polled).toMatchObject({ kind: 'no_answer', note: expect.any(String) })
  expect(await upstream.poll(ref, call())).toMatchObject({ kind: 'done' })
})

test('a look that is throttled passes the wait on', async () => {
  const { account, upstream } = await comfy.open()
  const headers = { 'retry-after': 'Tue, 24 Nov 2026 00:00:09 GMT' }
  await account.script('', { status: { status: 503, headers } })
  const polled = await upstream.poll(await sendWell(upstream, toJob('a fox')), call())
  expect(polled).toEqual({
    kind: 'no_answer',
    note: 'the queue was answered with HTTP 503',
    retryAfterMs: 9000,
  })
})

test('a status that nobody knows is pending', async () => {
  const { account, upstream } = await comfy.open()
  const ref = await sendWell(upstream, toJob('a fox'))
  const entry = { outputs: {}, status: { status_str: 'resting', messages: [] } }
  await account.script('', { result: { body: { [ref.id]: entry } } })
  expect(await upstream.poll(ref, call())).toEqual({ kind: 'pending', pollAfterMs: 500 })
})

test('a number that is none, as Python writes it, does not hide a job', async () => {
  const { account, upstream } = await comfy.open()
  const ref = await sendWell(upstream, toJob('a fox'))
  const row = `[0, "${ref.id}", {"1": {"is_changed": [NaN], "text": "NaN \\" Infinity"}}, {}, []]`
  const headers = { 'content-type': 'application/json' }
  const body = `{"queue_running": [${row}], "queue_pending": []}`
  await account.script('', { status: { headers, body } })
  expect(await upstream.poll(ref, call())).toMatchObject({ kind: 'pending', queuePosition: 0 })
})

test('a job is found in a queue that is too long to be read', async () => {
  const { account, upstream } = await comfy.open()
  const ref = await sendWell(upstream, toJob('a fox'))
  const filling = 'x'.repeat(9 * 1024 * 1024)
  const body = (id: string) => `{"queue_running": [[0, "${id}", {}, {}, []], ["${filling}"]]}`
  await account.script('', { status: { body: body(ref.id) } })
  expect(await upstream.poll(ref, call())).toMatchObject({ kind: 'pending' })
  await account.script('', { status: { body: body('another') } })
  expect(await upstream.poll(ref, call())).toMatchObject({ kind: 'no_answer' })
})

test('a job is unknown once the server has been started again', async () => {
  const { account, upstream } = await comfy.open()
  await account.script('a fox', { job: { pendingPolls: 'forever' } })
  const ref = await sendWell(upstream, toJob('a fox'))
  await account.restartComfy()
  expect(await upstream.poll(ref, call())).toEqual({ kind: 'unknown_job', billed: 'no' })
})

test('a key that is not taken is the operator’s matter', async () => {
  const { upstream } = await comfy.open({ key: 'right', secret: 'wrong-key-99' })
  const submitted = await upstream.submit(toJob('a fox'), {}, call())
  expect(submitted).toMatchObject({ failure: { kind: 'credential', job: 'none' } })
  expect(JSON.stringify(submitted)).not.toContain('wrong-key-99')
})

test.each<[string, Act, object]>([
  ['too large', comfyAnswers.tooLarge(10, 20), { kind: 'bad_input', field: 'images[0]' }],
  ['in trouble', comfyAnswers.trouble(), { kind: 'transient' }],
  ['reset', { reset: 'after-reading' }, { kind: 'transient' }],
  ['a page', page, { kind: 'useless' }],
  ['without a name', { body: { name: '', subfolder: 'x' } }, { kind: 'useless' }],
])('an upload that is %s leaves no job', async (_, act, expected) => {
  const { account, upstream } = await comfy.open()
  await account.script('', { upload: act })
  const nodes = {
    1: { class_type: 'LoadImage', inputs: { image: '{{image_1}}', text: '{{prompt}}' } },
    5: { class_type: 'EmptyImage', inputs: { width: 64, height: 64 } },
    9: { class_type: 'SaveImage', inputs: { images: ['5', 0] } },
  }
  const job = toJob('a fox', { nodes, images: [toImage(Buffer.from('x'), 'reference_image')] })
  expect(await upstream.prepare?.(job, call())).toMatchObject({
    kind: 'failed',
    failure: { job: 'none', billed: 'no', ...expected },
  })
})

test.each<[string, Act, object]>([
  ['missing', { status: 404 }, { kind: 'gone' }],
  ['of a bad name', { status: 400 }, { kind: 'gone' }],
  ['forbidden', { status: 403 }, { kind: 'no_answer' }],
  ['in trouble', comfyAnswers.trouble(), { kind: 'no_answer' }],
  [
    'throttled',
    { status: 429, headers: { 'retry-after': '3' } },
    { kind: 'no_answer', retryAfterMs: 3000 },
  ],
  ['reset', { reset: 'after-reading' }, { kind: 'no_answer' }],
])('a file that is %s is told truly', async (_, act, expected) => {
  const { account, upstream } = await comfy.open()
  await account.script('', { download: act })
  const ref = await sendWell(upstream, toJob('a fox'))
  const source = sourceOf(await upstream.poll(ref, call()))
  expect(await upstream.download(source, call())).toMatchObject(expected)
})

test('a page in the place of a file is passed on, for measuring to tell', async () => {
  const { account, upstream } = await comfy.open()
  await account.script('', { download: page })
  const ref = await sendWell(upstream, toJob('a fox'))
  const file = await fetchFile(upstream, sourceOf(await upstream.poll(ref, call())))
  expect(file.toString()).toBe(page.body)
})

test('a file that breaks off throws', async () => {
  const { account, upstream } = await comfy.open()
  await account.script('', { download: { reset: 'in-body' } })
  const ref = await sendWell(upstream, toJob('a fox'))
  const source = sourceOf(await upstream.poll(ref, call()))
  await expect(fetchFile(upstream, source)).rejects.toThrow(/./)
})

test('a cleared output folder is a file that is gone', async () => {
  const { account, upstream } = await comfy.open()
  const ref = await sendWell(upstream, toJob('a fox'))
  const source = sourceOf(await upstream.poll(ref, call()))
  const [file] = await account.files()
  await account.removeFiles(file?.name ?? '')
  expect(await upstream.download(source, call())).toMatchObject({ kind: 'gone' })
  expect(await upstream.download({ filename: '../x', type: 'input' }, call())).toEqual({
    kind: 'gone',
    note: 'this is no file of ComfyUI',
  })
})

test('a call that nobody waits for any more rejects with the reason', async () => {
  const { account, upstream } = await comfy.open()
  const ref = await sendWell(upstream, toJob('a fox'))
  await account.script('', { status: { stall: 'before-headers' } })
  const controller = new AbortController()
  const polled = upstream.poll(ref, call({ signal: controller.signal }))
  await account.seen('status', { outcome: 'open' })
  const reason = new Error('the deadline')
  controller.abort(reason)
  await expect(polled).rejects.toBe(reason)
})

test('a submission that is too late is not sent', async () => {
  const { account, upstream } = await comfy.open()
  const late = { ...call(), leaveBy: performance.now() - 1 }
  const submitted = await upstream.submit(toJob('a fox'), {}, late)
  expect(submitted).toMatchObject({ failure: { kind: 'transient', job: 'none' } })
  expect(await account.requests()).toEqual([])
})
