import { NoAnswerError, type HttpAnswer } from '../../net/http-client.ts'
import type { UpstreamSettings } from '../adapter.ts'
import { readJson } from '../read-json.ts'
import { redact } from '../redact.ts'
import type { Call, Submitted, UpstreamFailure, UpstreamJob } from '../upstream.ts'
import { mayBill } from './billing.ts'
import { toErrorWords } from './error-words.ts'
import { classify } from './failures.ts'
import { toMultipart } from './multipart.ts'
import { toOrder, type Order } from './order.ts'
import { takeResult, toPlainText } from './result.ts'

/** One order, one request, and the picture in its answer. */
export async function submit(
  settings: UpstreamSettings,
  job: UpstreamJob,
  call: Call & { leaveBy: number },
): Promise<Submitted> {
  const order = toOrder(job)
  if (order === undefined) return failed(noSuchSize(job))
  let answer: HttpAnswer
  try {
    answer = await settings.http.request({
      method: 'POST',
      ...toRequest(settings, job, order),
      signal: call.signal,
      timeoutMs: call.timeoutMs,
      idleMs,
      notAfter: call.leaveBy,
    })
  } catch (error) {
    call.signal.throwIfAborted()
    if (!(error instanceof NoAnswerError)) throw error
    return failed(noAnswer(settings, job, error))
  }
  return readAnswer(settings, job, order, answer, call)
}

/** A server that has begun its answer has made the picture. */
const idleMs = 60_000

/** A picture of 4K as PNG fits, also one that hardly compresses. */
const limits = { maxBytes: 96 * 1024 * 1024, maxTextBytes: 256 * 1024, maxFiles: 10 }

const maxErrorBytes = 256 * 1024

function toRequest(
  { baseUrl, credential }: UpstreamSettings,
  { images }: UpstreamJob,
  order: Order,
) {
  const headers = {
    accept: 'application/json',
    ...(credential === undefined ? {} : { authorization: `Bearer ${credential.secret}` }),
  }
  if (images.length === 0) {
    return {
      url: `${baseUrl}/images/generations`,
      headers: { ...headers, 'content-type': 'application/json' },
      body: JSON.stringify(order.fields),
    }
  }
  const texts = Object.entries(order.fields).map(([name, value]) => [
    name,
    typeof value === 'string' ? value : JSON.stringify(value),
  ])
  const form = toMultipart(
    // Pairs of strings, as made above.
    Object.fromEntries(texts) as Record<string, string>,
    images.map((image, index) => ({
      field: 'image[]',
      // Some of these servers write it to their disk under this name.
      name: `image-${index + 1}.${image.mimeType.replace(/^.*\/|\W.*$/gu, '')}`,
      mimeType: image.mimeType,
      bytes: image.bytes,
      open: () => image.open(),
    })),
  )
  return {
    url: `${baseUrl}/images/edits`,
    headers: { ...headers, 'content-type': form.contentType },
    body: form.open,
    bodyBytes: form.bytes,
  }
}

async function readAnswer(
  settings: UpstreamSettings,
  job: UpstreamJob,
  { origins }: Order,
  answer: HttpAnswer,
  { signal }: Call,
): Promise<Submitted> {
  const { status, headers } = answer
  const hidden = hiddenOf(settings, job)
  const context = { hidden, mayBill: mayBill(settings), origins, now: settings.clock() }
  if (status < 200 || status > 299) {
    const { text } = await answer.text(maxErrorBytes)
    return failed(classify({ status, headers, body: text }, context))
  }
  const read = await readJson(answer.body(), settings.store, limits, signal)
  if (read.kind === 'unreadable') {
    const said = `HTTP ${status}, ${faults[read.why]}: ${toErrorWords(read.head).message}`
    return failed({
      kind: 'transient',
      note: redact(said, hidden),
      job: 'possible',
      billed: context.mayBill ? 'unknown' : 'no',
      httpStatus: status,
    })
  }
  const result = await takeResult(read, settings)
  if (result === undefined) {
    return failed(classify({ status, headers, body: toPlainText(read.value) }, context))
  }
  return {
    kind: 'done',
    ref: { id: result.id ?? job.id },
    outputs: [result.output],
    billed: context.mayBill ? 'yes' : 'no',
  }
}

const faults = {
  cut: 'cut off',
  too_large: 'larger than is taken',
  not_json: 'no JSON',
  not_base64: 'a picture that is no base64',
}

function failed(failure: UpstreamFailure): Submitted {
  return { kind: 'failed', failure }
}

function noSuchSize({ input }: UpstreamJob): UpstreamFailure {
  return {
    kind: 'bad_input',
    note: `params.sizes has no size for ${input.resolution} and ${input.aspectRatio}`,
    field: 'aspectRatio',
    job: 'none',
    billed: 'no',
  }
}

function noAnswer(
  settings: UpstreamSettings,
  job: UpstreamJob,
  error: NoAnswerError,
): UpstreamFailure {
  const hasLeft = error.sent !== 'no'
  return {
    kind: 'transient',
    note: redact(error.message, hiddenOf(settings, job)),
    job: hasLeft ? 'possible' : 'none',
    billed: hasLeft && mayBill(settings) ? 'unknown' : 'no',
  }
}

function hiddenOf({ credential }: UpstreamSettings, { input }: UpstreamJob) {
  return { secret: credential?.secret, prompt: input.prompt }
}
