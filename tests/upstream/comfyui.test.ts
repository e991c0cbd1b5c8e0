import { createHash, randomUUID } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { comfyAnswers, nodeErrors } from '../support/upstream/answers/comfyui.ts'
import { readStamp } from '../support/upstream/media.ts'
import { bodyOf, useUpstream } from './support/account.ts'
import { graphOf, historyOf, post, prompt, queueOf } from './support/comfy.ts'

const { fresh } = useUpstream()

describe('ComfyUI', () => {
  it('takes an id of the caller, runs the graph and shows the file, with the graph inside', async () => {
    const account = await fresh()
    const id = randomUUID()
    const graph = graphOf('a fox, né')
    const submitted = await bodyOf(await prompt(account, { prompt: graph, prompt_id: id }))
    expect(submitted).toEqual({ prompt_id: id, number: 0, node_errors: {} })
    expect(await queueOf(account)).toEqual([[], []])
    const entry = await historyOf(account, id)
    expect(entry?.status).toMatchObject({ status_str: 'success', completed: true })
    const image = { filename: 'fg_00001_.png', subfolder: '', type: 'output' }
    expect(entry?.outputs).toEqual({ '2': { images: [image] } })
    const file = await fetch(`${account.comfyui}/view?${new URLSearchParams(image)}`)
    expect(file.headers.get('content-disposition')).toBe('filename="fg_00001_.png"')
    const bytes = new Uint8Array(await file.arrayBuffer())
    expect(await readStamp(bytes)).toEqual({ job: 1, index: 0 })
    expect(Buffer.from(bytes).toString('latin1')).toContain('a fox, n\\u00e9')
    const digest = createHash('sha256').update(bytes).digest('hex')
    expect(await account.outputOf(1)).toBe(digest)
    expect(await account.files()).toMatchObject([{ name: 'fg_00001_.png', sha256: digest }])
    const steps = (await account.requests('fox')).map(({ step }) => step)
    expect(steps).toEqual(['submit', 'status', 'result', 'download'])
  })

  it('runs the same id again, and hands out the old file for the same graph', async () => {
    const account = await fresh()
    const submit = (graph: object) => prompt(account, { prompt: graph, prompt_id: 'one' })
    await submit(graphOf('a fox'))
    await submit(graphOf('a fox'))
    const nameIn = async () => (await historyOf(account, 'one'))?.outputs['2']?.images[0]?.filename
    expect(await nameIn()).toBe('fg_00001_.png')
    await submit(graphOf('an owl'))
    expect(await nameIn()).toBe('fg_00002_.png')
    expect(await account.submissions()).toEqual({ received: 3, made: 3, billed: 3 })
    await account.removeFiles('fg_00002_.png')
    await submit(graphOf('an owl'))
    expect(await nameIn()).toBe('fg_00002_.png')
    const gone = await fetch(`${account.comfyui}/view?filename=fg_00002_.png`)
    expect([gone.status, await gone.text()]).toEqual([404, ''])
  })

  it('works off one job at a time, and counts a look at the queue as one at each', async () => {
    const account = await fresh()
    await account.script('fox', { job: { pendingPolls: 2 } })
    await prompt(account, { prompt: graphOf('a fox'), prompt_id: 'fox' })
    await prompt(account, { prompt: graphOf('an owl'), prompt_id: 'owl' })
    expect(await queueOf(account)).toEqual([['fox'], ['owl']])
    expect(await historyOf(account, 'fox')).toBeUndefined()
    expect(await queueOf(account)).toEqual([['fox'], ['owl']])
    expect(await queueOf(account)).toEqual([[], []])
    expect(await historyOf(account, 'owl')).toBeDefined()
    expect((await account.jobs()).map(({ looks }) => looks)).toEqual([3, 3])
  })

  it('tells a look for a job whose submission broke from one at a job it knows', async () => {
    const account = await fresh()
    await account.script('fox', {
      submit: { reset: 'after-reading' },
      lookup: { status: 503 },
      status: { status: 500 },
    })
    const body = { prompt: graphOf('a fox'), prompt_id: 'one' }
    await expect(prompt(account, body)).rejects.toThrow('fetch failed')
    expect((await fetch(`${account.comfyui}/queue`)).status).toBe(503)
    expect(await historyOf(account, 'one')).toBeDefined()
    expect(await historyOf(account, 'none')).toBeUndefined()
    const steps = (await account.requests()).map(({ step }) => step)
    expect(steps).toEqual(['submit', 'lookup', 'result', 'lookup'])
  })

  it('hides a job from the first looks', async () => {
    const account = await fresh()
    await account.script('fox', { job: { hiddenPolls: 1, pendingPolls: 2 } })
    await prompt(account, { prompt: graphOf('a fox'), prompt_id: 'fox' })
    expect(await queueOf(account)).toEqual([[], []])
    expect(await queueOf(account)).toEqual([['fox'], []])
  })

  it('answers every cancellation alike, and only what runs or waits heeds it', async () => {
    const account = await fresh()
    await account.script('', { job: { gate: 'drawn' } })
    for (const id of ['one', 'two', 'three'])
      await prompt(account, { prompt: graphOf(id), prompt_id: id })
    expect(await post(account, 'queue', { delete: ['one'] })).toBe(200)
    expect(await post(account, 'queue', { delete: ['two'] })).toBe(200)
    expect(await post(account, 'interrupt', { prompt_id: 'three' })).toBe(200)
    expect(await queueOf(account)).toEqual([['one'], ['three']])
    expect(await historyOf(account, 'two')).toBeUndefined()
    expect(await post(account, 'interrupt', { prompt_id: 'one' })).toBe(200)
    const { status } = (await historyOf(account, 'one')) ?? {}
    expect([status?.status_str, status?.messages.at(-1)?.[0]]).toEqual([
      'error',
      'execution_interrupted',
    ])
    expect(await post(account, 'interrupt')).toBe(200)
    expect(await queueOf(account)).toEqual([[], []])
    expect((await account.submissions()).billed).toBe(0)
  })

  it.each([
    ['failed', 'execution_error', 'RuntimeError'],
    ['out-of-memory', 'execution_error', 'torch.OutOfMemoryError'],
    ['moderated', 'execution_error', 'content policy'],
    ['interrupted', 'execution_interrupted', 'EmptyImage'],
    ['empty', 'execution_success', 'prompt_id'],
  ] as const)('a job that is %s ends with %s', async (verdict, event, words) => {
    const account = await fresh()
    await account.script('fox', { job: { verdict } })
    await prompt(account, { prompt: graphOf('a fox'), prompt_id: 'one' })
    const entry = await historyOf(account, 'one')
    expect(entry?.outputs).toEqual({})
    const [name, data] = entry?.status.messages.at(-1) ?? []
    expect(name).toBe(event)
    expect(JSON.stringify(data)).toContain(words)
  })

  it('can show a file beside an error', async () => {
    const account = await fresh()
    await account.script('fox', { job: { verdict: 'failed-with-outputs' } })
    await prompt(account, { prompt: graphOf('a fox'), prompt_id: 'one' })
    const entry = await historyOf(account, 'one')
    expect(entry?.status.status_str).toBe('error')
    expect(entry?.outputs['2']?.images).toHaveLength(1)
  })

  it('loses queue and history when it is restarted, and keeps its files', async () => {
    const account = await fresh()
    await prompt(account, { prompt: graphOf('a fox'), prompt_id: 'fox' })
    await account.script('owl', { job: { gate: 'drawn' } })
    await prompt(account, { prompt: graphOf('an owl'), prompt_id: 'owl' })
    await account.restartComfy()
    expect(await queueOf(account)).toEqual([[], []])
    expect(await historyOf(account, 'fox')).toBeUndefined()
    const names = await fetch(`${account.comfyui}/internal/files/output`)
    expect(await names.json()).toEqual(['fg_00001_.png'])
    const again = await prompt(account, { prompt: graphOf('a fox'), prompt_id: 'fox' })
    expect(await again.json()).toMatchObject({ number: 0 })
    const { images } = (await historyOf(account, 'fox'))?.outputs['2'] ?? {}
    expect(images?.[0]?.filename).toBe('fg_00002_.png')
    expect(await account.submissions('fox')).toMatchObject({ received: 2, made: 2 })
  })
})

describe('a graph that ComfyUI cannot run', () => {
  const save = { class_type: 'SaveImage', inputs: { images: ['1', 0] } }
  const node = (inputs: object, type = 'EmptyImage') => ({
    '1': { class_type: type, inputs },
    '2': save,
  })
  it.each([
    [undefined, 400, 'no_prompt'],
    [[], 500, 'Server got itself in trouble'],
    [{}, 400, 'prompt_no_outputs'],
    [{ '1': { inputs: {} } }, 400, "Node ID '#1'"],
    [node({ width: 99_999 }), 400, 'value_bigger_than_max'],
    [node({ width: 0 }), 400, 'value_smaller_than_min'],
    [node({ width: 'wide' }), 400, 'invalid_input_type'],
    [node({ image: 'absent.png' }, 'LoadImage'), 400, 'custom_validation_failed'],
    [{ '2': save }, 400, 'exception_during_validation'],
  ])('%o is answered with %i', async (graph, status, words) => {
    const account = await fresh()
    const response = await prompt(account, { prompt: graph })
    expect(response.status).toBe(status)
    expect(await response.text()).toContain(words)
    expect(await account.submissions()).toEqual({ received: 1, made: 0, billed: 0 })
  })

  it('may be answered with 200 and errors, or with 500 and be run', async () => {
    const account = await fresh()
    const fault = { node: '1', input: 'width', type: 'value_bigger_than_max', message: 'too wide' }
    await account.script('fox', { job: { nodeErrors: nodeErrors(fault) } })
    const half = await prompt(account, { prompt: graphOf('a fox') })
    expect(await bodyOf(half)).toMatchObject({ node_errors: { '1': { errors: [{}] } } })
    await account.script('owl', { submit: comfyAnswers.trouble(true) })
    const taken = await prompt(account, { prompt: graphOf('an owl'), prompt_id: 'owl' })
    expect(taken.status).toBe(500)
    expect(await historyOf(account, 'owl')).toBeDefined()
    await account.script('emu', { submit: comfyAnswers.missingCheckpoint('4', 'sd15.safetensors') })
    const refused = await prompt(account, { prompt: graphOf('an emu') })
    expect([refused.status, await refused.text()]).toEqual([
      400,
      expect.stringContaining("'sd15.safetensors' not in []"),
    ])
  })
})

describe("ComfyUI's files", () => {
  async function upload(url: string, name: string, bytes: string, fields: object = {}) {
    const form = new FormData()
    form.set('image', new File([bytes], name, { type: 'image/png' }))
    for (const [field, value] of Object.entries(fields)) form.set(field, String(value))
    const response = await fetch(`${url}/upload/image`, { method: 'POST', body: form })
    return response.ok ? await response.json() : response.status
  }

  it('get another name where it is taken by other bytes', async () => {
    const account = await fresh()
    const named = (name: string) => ({ name, subfolder: '', type: 'input' })
    expect(await upload(account.comfyui, 'ref.png', 'a')).toEqual(named('ref.png'))
    expect(await upload(account.comfyui, 'ref.png', 'a')).toEqual(named('ref.png'))
    expect(await upload(account.comfyui, 'ref.png', 'b')).toEqual(named('ref (1).png'))
    expect(await upload(account.comfyui, 'ref.png', 'c', { overwrite: true })).toEqual(
      named('ref.png'),
    )
    expect(await upload(account.comfyui, 'ref.png', 'd', { subfolder: 'job1' })).toMatchObject({
      name: 'ref.png',
      subfolder: 'job1',
    })
    expect(await upload(account.comfyui, '../ref.png', 'a', { subfolder: '../x' })).toBe(400)
    const graph = {
      '1': { class_type: 'LoadImage', inputs: { image: 'job1/ref.png' } },
      '2': { class_type: 'SaveImage', inputs: { images: ['1', 0], filename_prefix: 'a/b' } },
    }
    await prompt(account, { prompt: graph, prompt_id: 'one' })
    const place = { filename: 'b_00001_.png', subfolder: 'a', type: 'output' }
    expect((await historyOf(account, 'one'))?.outputs['2']?.images).toEqual([place])
  })

  it.each([
    ['', 404],
    ['?filename=none.png', 404],
    ['?filename=..%2Fx', 400],
    ['?filename=x&type=other', 400],
    ['?filename=x&subfolder=..%2Fx', 403],
  ])('are missed at /view%s with %i and nothing else', async (query, status) => {
    const account = await fresh()
    const response = await fetch(`${account.comfyui}/view${query}`)
    expect([response.status, await response.text()]).toEqual([status, ''])
  })
})
