import { createHash } from 'node:crypto'
import sharp from 'sharp'
import { expect, test } from 'vitest'
import { promptIdOf } from '../../packages/server/src/upstreams/comfyui/ids.ts'
import {
  call,
  fetchFile,
  films,
  pathsAt,
  pictures,
  promptsAt,
  send,
  sendWell,
  sourceOf,
  toImage,
  toJob,
  useComfyUI,
} from './support/comfyui.ts'

const comfy = useComfyUI()

test('a picture is submitted once, looked for and fetched without its workflow', async () => {
  const { account, upstream } = await comfy.open({ key: 'proxy-key-1' })
  await account.script('a fox', { job: { pendingPolls: 1 } })
  const job = toJob('a fox', { input: { aspectRatio: '16:9', seed: 42 } })
  const submitted = await send(upstream, job)
  const id = promptIdOf(job.id)
  const ref = { id, extra: { type: 'image' } }
  expect(submitted).toEqual({ kind: 'accepted', ref, pollAfterMs: 500 })

  const [body] = await promptsAt(account)
  expect(body).toEqual({
    prompt: {
      3: { class_type: 'KSampler', inputs: { seed: 42, steps: 20, latent_image: ['5', 0] } },
      5: { class_type: 'EmptyImage', inputs: { width: 1024, height: 576 } },
      6: { class_type: 'CLIPTextEncode', inputs: { text: 'a fox, sharp' } },
      9: {
        class_type: 'SaveImage',
        inputs: { images: ['3', 0], filename_prefix: `filmgate_${id}` },
      },
    },
    prompt_id: id,
    client_id: expect.stringMatching(/^[\da-f-]{36}$/),
  })
  const [request] = await account.requests()
  expect(request?.headers).toMatchObject({
    authorization: 'Bearer proxy-key-1',
    'content-type': 'application/json',
  })
  expect(request?.headers['origin']).toBeUndefined()

  expect(await upstream.poll(ref, call())).toEqual({
    kind: 'pending',
    pollAfterMs: 500,
    queuePosition: 0,
  })
  const done = await upstream.poll(ref, call())
  const filename = `filmgate_${id}_00001_.png`
  const source = { filename, subfolder: '', type: 'output' }
  expect(done).toEqual({ kind: 'done', outputs: [{ kind: 'remote', source }], billed: 'no' })

  const [file] = await account.files()
  const picture = await fetchFile(upstream, source)
  expect(picture.includes('class_type')).toBe(false)
  expect(createHash('sha256').update(picture).digest('hex')).not.toBe(file?.sha256)
  expect(await sharp(picture).metadata()).toMatchObject({ format: 'png', width: 1024, height: 576 })
  expect(await pathsAt(account)).toEqual([
    'POST /prompt',
    'GET /queue',
    'GET /queue',
    `GET /history/${id}`,
    'GET /view',
  ])
})

test('the same order twice gives two files', async () => {
  const { account, upstream } = await comfy.open()
  const input = { seed: 1 }
  const [one, other] = [toJob('a fox', { input }), toJob('a fox', { input })]
  const refs = [await sendWell(upstream, one), await sendWell(upstream, other)]
  const sources = await Promise.all(
    refs.map(async (ref) => sourceOf(await upstream.poll(ref, call()))),
  )
  expect(sources[0]).not.toEqual(sources[1])
  expect(await account.submissions()).toMatchObject({ received: 2, made: 2 })
  const [first, second] = await promptsAt(account)
  expect(first?.client_id).not.toBe(second?.client_id)
})

test('a film gets its first frame under the name that the server gave it', async () => {
  const { account, upstream } = await comfy.open()
  const bytes = await sharp({
    create: { width: 64, height: 64, channels: 3, background: 'green' },
  })
    .png({ compressionLevel: 0 })
    .toBuffer()
  const job = toJob('a fox runs', {
    nodes: films,
    input: { aspectRatio: '16:9', resolution: '480p', duration: 5, outputFormat: null },
    images: [toImage(bytes, 'first_frame')],
    params: { fps: 16, extra_frames: 1 },
  })
  const ref = await sendWell(upstream, job)
  const folder = `filmgate/${promptIdOf(job.id)}`
  const [upload] = await account.requests()
  expect(upload).toMatchObject({
    method: 'POST',
    path: '/upload/image',
    fields: { type: 'input', subfolder: folder },
    files: [
      {
        field: 'image',
        name: 'first_frame.png',
        type: 'image/png',
        bytes: bytes.byteLength,
        sha256: createHash('sha256').update(bytes).digest('hex'),
      },
    ],
  })
  const [body] = await promptsAt(account)
  expect(body?.prompt['2']?.inputs).toEqual({ image: `${folder}/first_frame.png` })
  expect(body?.prompt['5']?.inputs).toEqual({ width: 856, height: 480, length: 81 })
  const film = await fetchFile(upstream, sourceOf(await upstream.poll(ref, call())))
  expect(film.toString('latin1', 4, 8)).toBe('ftyp')
})

test('an image that got another name is used by that one', async () => {
  const { account, upstream } = await comfy.open()
  const nodes = {
    ...pictures,
    1: { class_type: 'LoadImage', inputs: { image: '{{image_1}}' } },
    2: { class_type: 'LoadImage', inputs: { image: '{{image_2}}' } },
  }
  await account.script('', {
    upload: [{}, { status: 200, body: { name: 'image_2 (1).png', subfolder: '', type: 'input' } }],
  })
  const images = [Buffer.from('one'), Buffer.from('two')]
  const job = toJob('a fox', {
    nodes,
    images: images.map((bytes) => toImage(bytes, 'reference_image')),
  })
  const submitted = await send(upstream, job)
  const [body] = await promptsAt(account)
  expect(body?.prompt['1']?.inputs['image']).toBe(`filmgate/${promptIdOf(job.id)}/image_1.png`)
  expect(body?.prompt['2']?.inputs['image']).toBe('image_2 (1).png')
  // It is not there, which is nothing that the client could change.
  expect(submitted).toMatchObject({
    kind: 'failed',
    failure: { kind: 'transient', job: 'none', note: 'an uploaded image was no longer there' },
  })
})

test('an order that lacks an image of the workflow, or has one too many, is not sent', async () => {
  const { account, upstream } = await comfy.open()
  const film = { duration: 5, resolution: '480p', outputFormat: null }
  const lacking = toJob('a fox', { nodes: films, input: film, params: { fps: 16 } })
  expect(await upstream.prepare?.(lacking, call())).toEqual({
    kind: 'failed',
    failure: {
      kind: 'bad_input',
      field: 'images',
      note: 'the workflow needs {{first_frame}}',
      job: 'none',
      billed: 'no',
    },
  })
  const surplus = toJob('a fox', { images: [toImage(Buffer.from('x'), 'reference_image')] })
  expect(await upstream.prepare?.(surplus, call())).toMatchObject({
    failure: { kind: 'bad_input', field: 'images[0]' },
  })
  expect(await account.requests()).toEqual([])
})

test('a job that waits says how many are before it', async () => {
  const { account, upstream } = await comfy.open()
  await account.script('', { job: { pendingPolls: 'forever' } })
  await sendWell(upstream, toJob('first'))
  await sendWell(upstream, toJob('second'))
  const ref = await sendWell(upstream, toJob('third'))
  expect(await upstream.poll(ref, call())).toMatchObject({ kind: 'pending', queuePosition: 2 })
})

test('a job that waits is cancelled for certain, and nothing else is', async () => {
  const { account, upstream } = await comfy.open()
  await account.script('', { job: { pendingPolls: 'forever' } })
  const running = await sendWell(upstream, toJob('first'))
  const waiting = await sendWell(upstream, toJob('second'))
  expect(await upstream.cancel(waiting, call())).toBe('cancelled')
  expect(await pathsAt(account)).not.toContain('POST /interrupt')
  expect(await upstream.poll(waiting, call())).toEqual({ kind: 'unknown_job', billed: 'no' })
  expect(await upstream.poll(running, call())).toMatchObject({ kind: 'pending', queuePosition: 0 })
})

test('a job that runs is interrupted by its id, and the history tells', async () => {
  const { account, upstream } = await comfy.open()
  await account.script('a fox', { job: { pendingPolls: 'forever' } })
  const ref = await sendWell(upstream, toJob('a fox'))
  expect(await upstream.cancel(ref, call())).toBe('requested')
  const requests = await account.requests()
  expect(
    requests.flatMap(({ method, body }) => (method === 'POST' ? [body] : [])).slice(1),
  ).toEqual([JSON.stringify({ delete: [ref.id] }), JSON.stringify({ prompt_id: ref.id })])
  expect(await upstream.poll(ref, call())).toMatchObject({
    kind: 'failed',
    failure: { kind: 'transient', job: 'ended', billed: 'no' },
  })
  expect(await upstream.cancel(ref, call())).toBe('cancelled')
})

test('a job that has ended is not cancelled any more', async () => {
  const { upstream } = await comfy.open()
  const ref = await sendWell(upstream, toJob('a fox'))
  expect(await upstream.cancel(ref, call())).toBe('too_late')
})

test('a job whose answer was lost is found by the id that was chosen for it', async () => {
  const { account, upstream } = await comfy.open()
  await account.script('a fox', { submit: { reset: 'after-reading' } })
  const job = toJob('a fox')
  expect(await send(upstream, job)).toMatchObject({
    kind: 'failed',
    failure: { kind: 'transient', job: 'possible' },
  })
  const sent = { id: job.id, sentAt: 0, route: job.route }
  const found = await upstream.find?.(sent, call())
  expect(found).toEqual({ kind: 'found', ref: { id: promptIdOf(job.id) } })
  expect(await upstream.find?.({ ...sent, id: toJob('another').id }, call())).toEqual({
    kind: 'absent',
  })
  expect(await upstream.poll({ id: promptIdOf(job.id) }, call())).toMatchObject({ kind: 'done' })
  expect(await account.submissions()).toMatchObject({ received: 1, made: 1 })
})
