// Calls the AI SDK on behalf of a test, in the Node that it needs and with the packages as published.
// Reads orders as lines of JSON and prints what came of each as one line of JSON:
//   { id, call, kind, model, options, settings, client, naive }   makes a call
//   { abort: id }                                                  aborts one
import { createInterface } from 'node:readline'
import { isAbortError } from '@ai-sdk/provider-utils'
import { Filmgate } from '@filmgate/client'

const isPrevious = process.env.AI_SDK === '6'
const ai = await (isPrevious ? import('ai-6') : import('ai'))
const { createFilmgate, findFilmgateError } = await (isPrevious
  ? import('@filmgate/ai-sdk-provider/ai-6')
  : import('@filmgate/ai-sdk-provider'))
const { APICallError } = ai
globalThis.AI_SDK_LOG_WARNINGS = false

const calls = {
  generateImage: (model, options) => ai.generateImage({ model, ...options }),
  generateVideo: (model, options) => ai.experimental_generateVideo({ model, ...options }),
  startVideo: (model, options) => ai.experimental_startVideo({ model, ...options }),
  getVideoStatus: (model, options) => ai.experimental_getVideoStatus(model, options),
}
const aborts = new Map()

for await (const line of createInterface({ input: process.stdin })) {
  const order = JSON.parse(line)
  if (order.abort === undefined) void carryOut(order)
  else aborts.get(order.abort)?.abort()
}

async function carryOut({ id, call, options, ...rest }) {
  const controller = new AbortController()
  aborts.set(id, controller)
  const outcome = await attempt(async () => {
    const all = { ...revive(options), abortSignal: controller.signal }
    return describeResult(await calls[call](modelOf(rest), all))
  })
  console.log(JSON.stringify({ id, ...outcome }))
}

async function attempt(work) {
  try {
    return { result: await work() }
  } catch (error) {
    return { error: describeError(error) }
  }
}

function modelOf({ kind, model, settings, client, viaRegistry, naive }) {
  const connection = client ? { client: new Filmgate({ ...settings, ...client }) } : settings
  const provider = createFilmgate(connection)
  const found = viaRegistry
    ? ai.createProviderRegistry({ filmgate: provider })[`${kind}Model`](`filmgate:${model}`)
    : provider[kind](model)
  return naive ? naively(found) : found
}

/** The model as a provider would be that calls every failure retryable. */
function naively(model) {
  const doGenerate = (options) =>
    model.doGenerate(options).catch((error) => {
      const responseHeaders = { 'retry-after-ms': '1' }
      throw new APICallError({
        ...error,
        message: error.message,
        isRetryable: true,
        responseHeaders,
      })
    })
  const { specificationVersion, provider, modelId } = model
  return { specificationVersion, provider, modelId, doGenerate }
}

/** Bytes travel as { $bytes: base64 }. */
function revive(value) {
  if (Array.isArray(value)) return value.map(revive)
  if (typeof value !== 'object' || value === null) return value
  if ('$bytes' in value) return new Uint8Array(Buffer.from(value.$bytes, 'base64'))
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, revive(each)]))
}

function describeResult({ images, videos, ...rest }) {
  const files = (images ?? videos)?.map(({ mediaType, uint8Array, data }) => ({
    mediaType,
    bytes: Buffer.from(uint8Array ?? data).toString('base64'),
  }))
  // Of one result and several the AI SDK shows the first again.
  return { ...rest, image: undefined, video: undefined, files }
}

function describeError(error) {
  // The AI SDK wraps what it has repeated.
  const last = error.lastError ?? error
  const { statusCode, isRetryable, url, data, responseHeaders, requestBodyValues } = last
  return {
    name: error.name,
    message: error.message,
    tries: error.errors?.length ?? 1,
    isApiCallError: APICallError.isInstance(last),
    isAbortError: isAbortError(error),
    filmgate: findFilmgateError(error),
    statusCode,
    isRetryable,
    url,
    data,
    responseHeaders,
    requestBodyValues,
  }
}
