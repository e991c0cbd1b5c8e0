/** OpenAI's images, and the servers that speak the same: everything is said in the answer to the submission. */
import { openaiAnswers } from '../answers/openai.ts'
import { replaced } from '../acts.ts'
import type { Job, Wanted } from '../jobs.ts'
import { damage, nameOf } from '../outputs.ts'
import type { Act } from '../script.ts'
import { json, readJson, type Answer, type Call, type Wire } from './wire.ts'

/** `/openai/v1/…` */
export const openai: Wire = {
  stepOf: (method, [, first]) => (method === 'POST' && first === 'images' ? 'submit' : 'other'),
  async answer(call) {
    const { key } = call.account.settings
    if (key !== undefined && call.headers['authorization'] !== `Bearer ${key}`)
      return refuse(openaiAnswers.invalidApiKey())
    const [version, ...route] = call.path
    const name = `${call.method} ${version === 'v1' ? route.join('/') : ''}`
    if (name === 'POST images/generations' || name === 'POST images/edits') return generate(call)
    if (name === 'GET models') return listModels(call)
    return refuse({ status: 404, body: { error: { message: `Invalid URL (${name})` } } })
  },
}

function refuse(act: Act): Answer {
  return replaced({ status: 0, headers: {}, body: Buffer.alloc(0) }, act)
}

function listModels({ account }: Call): Answer {
  const data = (account.settings.models ?? ['gpt-image-1']).map((id) => ({
    id,
    object: 'model',
    created: 1_795_000_000,
    owned_by: 'system',
  }))
  return json(200, { object: 'list', data })
}

async function generate(call: Call): Promise<Answer> {
  const fields = fieldsOf(call)
  const refusal = fields === undefined ? notJson : faultIn(call, fields)
  if (refusal !== undefined || fields === undefined) return refuse(refusal ?? notJson)
  const { account, record } = call
  const job = account.addJob('openai', `img_${account.jobs.length + 1}`, toWanted(fields), record)
  account.settle(job)
  await account.watch(() => job.ending, account.ended.signal)
  return verdictOf(job) ?? success(call, job, fields)
}

const notJson: Act = {
  status: 400,
  body: {
    error: {
      message: 'The body is no JSON object.',
      type: 'invalid_request_error',
      param: null,
      code: null,
    },
  },
}

function fieldsOf({ form, body }: Call): Record<string, unknown> | undefined {
  return form === undefined ? readJson(body) : Object.fromEntries(form)
}

function faultIn({ account, path }: Call, fields: Record<string, unknown>): Act | undefined {
  const { models, dialect = 'openai' } = account.settings
  const { model, prompt } = fields
  if (typeof prompt !== 'string' || prompt === '') return openaiAnswers.missingParameter('prompt')
  if (models !== undefined && !models.some((known) => known === model))
    return openaiAnswers.modelNotFound(String(model))
  // OpenAI's own models always answer bytes, and refuse to be asked for them.
  if (dialect === 'openai' && fields['response_format'] !== undefined)
    return openaiAnswers.unknownParameter('response_format')
  const hasImage = ['image', 'image[]', 'images'].some((field) => fields[field] !== undefined)
  if (path[2] === 'edits' && !hasImage) return openaiAnswers.missingParameter('image')
  const { size = 'auto' } = fields
  if (size !== 'auto' && !/^[1-9]\d{0,3}x[1-9]\d{0,3}$/.test(String(size)))
    return openaiAnswers.invalidValue('size')
  return undefined
}

const formats = new Set(['png', 'jpeg', 'webp'])

function toWanted(fields: Record<string, unknown>): Wanted {
  const [width = 1024, height = 1024] = (/^(\d+)x(\d+)$/.exec(String(fields['size'])) ?? [])
    .slice(1)
    .map(Number)
  const asked = String(fields['output_format'])
  // One of the three names, as the set has just said.
  const format = (formats.has(asked) ? asked : 'png') as Wanted['format']
  const count = Number(fields['n'] ?? 1)
  return { kind: 'image', count, width, height, format, sound: false }
}

function verdictOf({ ending }: Job): Answer | undefined {
  const { name, field = 'prompt', message } = ending?.verdict ?? { name: 'failed' }
  switch (name) {
    case 'ok':
    case 'nsfw-flag':
    case 'empty':
    case 'moderated-as-empty':
      return undefined
    case 'moderated':
      return refuse(openaiAnswers.moderationBlocked())
    case 'invalid-field':
      return refuse(openaiAnswers.invalidValue(field, message))
    default:
      return refuse(openaiAnswers.serverError())
  }
}

async function success(call: Call, job: Job, fields: Record<string, unknown>): Promise<Answer> {
  const { dialect = 'openai' } = call.account.settings
  const asked = fields['response_format']
  const byAddress = dialect === 'localai' ? asked !== 'b64_json' : asked === 'url'
  const outputs = job.ending?.outputs ?? []
  const data = await Promise.all(
    outputs.map(async (output, index) => {
      const url = `${call.base}/files/${job.number}/${nameOf(index, output)}`
      if (byAddress) return { url }
      const { bytes } = damage(output, await call.account.outputs.bytesOf(job, index))
      return { b64_json: Buffer.from(bytes).toString('base64') }
    }),
  )
  const created = Math.floor(Date.now() / 1000)
  if (dialect !== 'openai') return json(200, { created, data })
  const { width, height, format } = job.wanted
  return json(
    200,
    {
      created,
      background: 'opaque',
      data,
      output_format: format,
      quality: fields['quality'] ?? 'high',
      size: `${width}x${height}`,
      usage: {
        input_tokens: 12,
        input_tokens_details: { text_tokens: 12, image_tokens: 0 },
        output_tokens: 1056,
        total_tokens: 1068,
      },
    },
    { 'x-request-id': `req_${job.number}` },
  )
}
