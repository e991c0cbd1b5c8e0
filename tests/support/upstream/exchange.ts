/**
 * One request from its first line to the end of its answer. It is noted when it arrives, when it was read and when
 * it has ended. What it asks for is done as soon as it was read; a gate, a delay or a broken connection after that
 * concerns the answer alone. So a client that hears nothing cannot tell whether a job exists, and the counts can.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Account } from './account.ts'
import { perform, refuses, replaced } from './acts.ts'
import { describeForm, readForm } from './form.ts'
import type { RequestRecord, WireName } from './records.ts'
import type { Act } from './script.ts'
import { json, type Answer, type Call, type Wire } from './wires/wire.ts'

/** Where a request goes. */
export interface Target {
  account: Account
  name: WireName
  wire: Wire
  path: string[]
  url: URL
}

/** Plays one request to its end. */
export async function exchange(
  target: Target,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { account } = target
  const record = recordOf(target, request)
  const gone = new AbortController()
  response.once('close', () => gone.abort())
  const signal = AbortSignal.any([gone.signal, account.ended.signal])
  account.ended.signal.addEventListener('abort', () => response.destroy(), { signal: gone.signal })
  account.note(record)
  try {
    const body = await readBody(account, record, request)
    if (body === undefined) {
      record.outcome = 'broken'
      response.socket?.resetAndDestroy()
    } else {
      const call = await toCall(target, { request, record, body })
      record.outcome = await play(target, call, { response, signal })
    }
  } catch (error) {
    if (!signal.aborted) throw error
    record.outcome = 'abandoned'
  } finally {
    account.note(record)
  }
}

/** Its record before anything of its body has come. */
export function recordOf(
  { account, name, wire, path, url }: Target,
  request: IncomingMessage,
): RequestRecord {
  const { method = 'GET' } = request
  const headers = Object.entries(request.headersDistinct).map(([header, values]) => [
    header,
    values?.join(', ') ?? '',
  ])
  return {
    number: account.requests.length + 1,
    wire: name,
    step: wire.stepOf(method, path),
    method,
    path: `/${path.map(encodeURIComponent).join('/')}${url.search}`,
    // From entries of two texts each.
    headers: Object.fromEntries(headers) as Record<string, string>,
    body: '',
    fields: {},
    files: [],
    arrivedAt: Date.now(),
    isWhole: false,
    outcome: 'reading',
    jobs: [],
  }
}

/** The whole body, or undefined as soon as it has the text of a script that wants none of it. */
async function readBody(
  account: Account,
  record: RequestRecord,
  request: IncomingMessage,
): Promise<Buffer | undefined> {
  const chunks: Buffer[] = []
  const isUnwanted = () => {
    const text = () => `${record.path}\n${Buffer.concat(chunks).toString()}`
    if (account.scripts.takeUnread(record.step, text) === undefined) return false
    account.setText(record, text())
    return true
  }
  if (isUnwanted()) return undefined
  // A stream of buffers, since no encoding is set.
  for await (const chunk of request as AsyncIterable<Buffer>) {
    chunks.push(chunk)
    if (isUnwanted()) return undefined
  }
  return Buffer.concat(chunks)
}

async function toCall(
  { account, path, url }: Target,
  { request, record, body }: { request: IncomingMessage; record: RequestRecord; body: Buffer },
): Promise<Call> {
  const form = await readForm(body, record.headers['content-type'])
  const base = `http://${request.headers.host ?? url.host}/${account.name}`
  const { method, headers } = record
  const call: Call = { account, method, path, query: url.searchParams, headers, body, base, record }
  if (form === undefined) record.body = body.toString()
  else {
    call.form = form
    Object.assign(record, await describeForm(form))
  }
  return call
}

async function play(
  { account, wire }: Target,
  call: Call,
  { response, signal }: { response: ServerResponse; signal: AbortSignal },
): Promise<RequestRecord['outcome']> {
  const { record } = call
  const { job, step } = wire.find?.(call) ?? {}
  if (step !== undefined) record.step = step
  if (job !== undefined && !record.jobs.includes(job.number)) record.jobs.push(job.number)
  const text = `${record.path}\n${call.body.toString()}`
  const act = account.scripts.take(record.step, job?.text ?? text, job?.number) ?? {}
  record.isWhole = true
  record.outcome = 'open'
  // Wires do what is asked at once, and only then wait for anything: when a test is told that the request was read,
  // its job exists.
  const answering = answerTo(account, { wire, call, job, act, text })
  account.note(record)
  const answer = await untilAborted(answering, signal)
  if (act.wait !== undefined) await account.gates.passed(act.wait, signal)
  return perform(response, answer, { ...answer.manner, ...act }, signal)
}

async function answerTo(
  account: Account,
  {
    wire,
    call,
    job,
    act,
    text,
  }: {
    wire: Wire
    call: Call
    job: ReturnType<NonNullable<Wire['find']>>['job']
    act: Act
    text: string
  },
): Promise<Answer> {
  // A body to break off in the middle of, where no job was made that could be told of.
  const none = json(200, { detail: 'This was not taken.' })
  const isRefused = call.record.step === 'submit' && !(act.takesJob ?? !refuses(act))
  // The text is what a job made now is found by.
  account.setText(call.record, text)
  return replaced(isRefused ? none : await wire.answer(call, job), act)
}

function untilAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = () => reject(new Error('Nobody is there to answer.'))
    if (signal.aborted) stop()
    signal.addEventListener('abort', stop, { once: true })
    promise.then(resolve, reject)
  })
}
