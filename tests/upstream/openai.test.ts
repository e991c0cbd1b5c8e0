import { describe, expect, it } from 'vitest'
import { localAnswers, openaiAnswers } from '../support/upstream/answers/openai.ts'
import { readStamp } from '../support/upstream/media.ts'
import type { Act, Script } from '../support/upstream/script.ts'
import type { UpstreamAccount } from '../support/upstream/scripted-upstream.ts'
import { bodyOf, useUpstream } from './support/account.ts'

const { fresh } = useUpstream()

interface Images {
  created: number
  data: { b64_json?: string; url?: string }[]
}

function generate({ openai }: UpstreamAccount, body: object, headers = {}): Promise<Response> {
  return fetch(`${openai}/images/generations`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ model: 'gpt-image-1', ...body }),
  })
}

const decode = (image?: { b64_json?: string }) => Buffer.from(image?.b64_json ?? '', 'base64')

describe('OpenAI', () => {
  it('answers as many pictures as were asked for, each stamped with its job', async () => {
    const account = await fresh()
    await generate(account, { prompt: 'an owl' })
    const response = await generate(account, {
      prompt: 'a fox',
      n: 2,
      size: '128x96',
      output_format: 'webp',
    })
    const body = await bodyOf<Images & { size: string; output_format: string }>(response)
    expect(body).toMatchObject({ size: '128x96', output_format: 'webp' })
    expect(await Promise.all(body.data.map((image) => readStamp(decode(image))))).toEqual([
      { job: 2, index: 0 },
      { job: 2, index: 1 },
    ])
    expect(await account.submissions('fox')).toEqual({ received: 1, made: 1, billed: 1 })
  })

  it('reads edits in both encodings, and records the files of a form', async () => {
    const account = await fresh()
    const form = new FormData()
    form.set('prompt', 'a fox')
    form.append('image[]', new File(['abc'], 'ref.png', { type: 'image/png' }))
    const edits = `${account.openai}/images/edits`
    expect((await fetch(edits, { method: 'POST', body: form })).status).toBe(200)
    const images = [{ image_url: 'data:image/png;base64,AAAA' }]
    const body = JSON.stringify({ prompt: 'a fox', images })
    expect((await fetch(edits, { method: 'POST', body })).status).toBe(200)
    const none = await fetch(edits, { method: 'POST', body: '{"prompt":"a fox"}' })
    expect(await none.json()).toMatchObject({ error: { param: 'image' } })
    const [first] = await account.requests('fox')
    expect(first).toMatchObject({
      fields: { prompt: 'a fox' },
      files: [
        {
          field: 'image[]',
          name: 'ref.png',
          type: 'image/png',
          bytes: 3,
          sha256: 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
        },
      ],
    })
    expect(await account.submissions('fox')).toEqual({ received: 3, made: 2, billed: 2 })
  })

  it('holds the answer of a job that waits at a gate, and loses no count of it', async () => {
    const account = await fresh()
    await account.script('fox', { job: { gate: 'drawn' } })
    const asked = generate(account, { prompt: 'a fox' })
    await account.seen('submit', { match: 'fox' })
    expect((await account.jobs())[0]).toMatchObject({ state: 'pending', isBilled: false })
    await account.open('drawn')
    expect((await bodyOf<Images>(await asked)).data).toHaveLength(1)
    expect((await account.jobs())[0]).toMatchObject({ state: 'ended', isBilled: true })
  })

  const refusals: [Act, number, object][] = [
    [openaiAnswers.moderationBlocked(), 400, { code: 'moderation_blocked' }],
    [openaiAnswers.insufficientQuota(), 429, { type: 'insufficient_quota' }],
    [openaiAnswers.noCredits(), 429, { code: 'credit_balance_exhausted' }],
    [openaiAnswers.modelNotFound('gpt-9'), 404, { code: 'model_not_found' }],
    [openaiAnswers.organizationUnverified(), 403, {}],
    [openaiAnswers.invalidValue('size'), 400, { param: 'size', code: 'invalid_value' }],
    [openaiAnswers.serverError(), 500, { type: 'server_error' }],
    [openaiAnswers.overloaded(), 503, { code: 'server_is_overloaded' }],
    [localAnswers.localaiError(400, 'no model'), 400, { code: 400 }],
  ]
  it.each(refusals)('%o is a refusal and no job', async (act, status, error) => {
    const account = await fresh()
    await account.script('fox', { submit: act })
    const response = await generate(account, { prompt: 'a fox' })
    expect(response.status).toBe(status)
    expect(await response.json()).toMatchObject({ error })
    expect(await account.submissions('fox')).toEqual({ received: 1, made: 0, billed: 0 })
  })

  it('tells how long to wait in one header or the other', async () => {
    const account = await fresh()
    const { rateLimited } = openaiAnswers
    await account.script('fox', { submit: [rateLimited({ seconds: 2 }), rateLimited({ ms: 150 })] })
    const headers = async () => {
      const response = await generate(account, { prompt: 'a fox' })
      return ['retry-after', 'retry-after-ms'].map((name) => response.headers.get(name))
    }
    expect([await headers(), await headers()]).toEqual([
      ['2', null],
      [null, '150'],
    ])
  })

  const verdicts: [Script['job'] & object, number, number][] = [
    [{ verdict: 'moderated' }, 400, 0],
    [{ verdict: { name: 'invalid-field', field: 'size' } }, 400, 0],
    [{ verdict: 'failed' }, 500, 0],
    [{ verdict: 'failed-billed' }, 500, 1],
    [{ verdict: 'empty' }, 200, 0],
    [{ verdict: 'empty', bills: true }, 200, 1],
  ]
  it.each(verdicts)(
    'a job with %o is answered with %i and billed %i times',
    async (job, ...rest) => {
      const account = await fresh()
      await account.script('fox', { job })
      const response = await generate(account, { prompt: 'a fox' })
      const { made, billed } = await account.submissions('fox')
      expect([made, response.status, billed]).toEqual([1, ...rest])
      if (response.ok) expect((await bodyOf<Images>(response)).data).toEqual([])
    },
  )

  it('refuses wrong keys, unknown models and fields that it does not know', async () => {
    const account = await fresh({ key: 'sk-1', models: ['gpt-image-1'] })
    const key = { authorization: 'Bearer sk-1' }
    const codeOf = async (body: object, headers: object) => {
      const { error } = await bodyOf<{ error: { code: string } }>(
        await generate(account, { prompt: 'a fox', ...body }, headers),
      )
      return error.code
    }
    expect(await codeOf({}, {})).toBe('invalid_api_key')
    expect(await codeOf({ model: 'gpt-9' }, key)).toBe('model_not_found')
    expect(await codeOf({ response_format: 'url' }, key)).toBe('unknown_parameter')
    expect(await codeOf({ prompt: '' }, key)).toBe('missing_required_parameter')
    const { data } = await bodyOf<{ data: object[] }>(
      await fetch(`${account.openai}/models`, { headers: key }),
    )
    expect(data).toMatchObject([{ id: 'gpt-image-1', object: 'model' }])
    expect((await account.submissions()).made).toBe(0)
  })

  it('hands out addresses where LocalAI does, and what is wrong with a file in bytes as well', async () => {
    const account = await fresh({ dialect: 'localai' })
    const [image] = (await bodyOf<Images>(await generate(account, { prompt: 'a fox' }))).data
    const file = await fetch(image?.url ?? '')
    expect(file.headers.get('content-type')).toBe('image/png')
    expect(await readStamp(new Uint8Array(await file.arrayBuffer()))).toEqual({ job: 1, index: 0 })
    await account.script('fox', { job: { outputs: [{ fault: 'html' }] } })
    const inline = await generate(account, { prompt: 'a fox', response_format: 'b64_json' })
    expect(decode((await bodyOf<Images>(inline)).data[0]).toString()).toMatch(/^<!doctype html>/)
  })
})
