/** fal's queue: a submission is answered with addresses, and a failed run is COMPLETED as well. */
import { randomUUID } from 'node:crypto'
import { falAnswers } from '../answers/fal.ts'
import { replaced } from '../acts.ts'
import { endJob, isVisible, lookAt, type Job } from '../jobs.ts'
import type { Act } from '../script.ts'
import { runError, toResult } from './fal-results.ts'
import { toWanted } from './fal-inputs.ts'
import { json, readJson, type Answer, type Call, type Wire } from './wire.ts'

/** `/fal/{owner}/{app}…` */
export const fal: Wire = {
  stepOf(method, path) {
    // A job's addresses have the owner and the app, and nothing of the path below it.
    if (path[2] !== 'requests') return method === 'POST' ? 'submit' : 'other'
    if (path[4] === 'cancel') return 'cancel'
    return path[4] === 'status' ? 'status' : 'result'
  },
  find({ account, path }) {
    const job = path[2] === 'requests' ? account.findJob('fal', path[3] ?? '') : undefined
    return job === undefined ? {} : { job }
  },
  async answer(call, job) {
    const answer = await route(call, job)
    const id = job?.id ?? randomUUID()
    return { ...answer, headers: { 'x-fal-request-id': id, ...answer.headers } }
  },
}

function route(call: Call, job: Job | undefined): Answer | Promise<Answer> {
  const { account, method, record } = call
  const { key } = account.settings
  if (key !== undefined && call.headers['authorization'] !== `Key ${key}`)
    return refuse(falAnswers.unauthorized())
  const steps: Record<string, () => Answer | Promise<Answer>> = {
    'POST submit': () => submit(call),
    'GET status': () => (job === undefined ? notFound : status(call, job)),
    'GET result': () => (job === undefined ? notFound : result(call, job)),
    'PUT cancel': () => (job === undefined ? cancelOfNone : cancel(call, job)),
  }
  return steps[`${method} ${record.step}`]?.() ?? methodNotAllowed
}

const notFound = json(404, { detail: 'Request not found' })
const methodNotAllowed = json(405, { detail: 'Method Not Allowed' })
const cancelOfNone = json(404, { status: 'NOT_FOUND' })

function refuse(act: Act): Answer {
  return replaced({ status: 0, headers: {}, body: Buffer.alloc(0) }, act)
}

function submit(call: Call): Answer {
  const { account, path, record } = call
  const input = readJson(call.body)
  if (input === undefined) return refuse(falAnswers.badRequest())
  const { models } = account.settings
  const [, app] = path
  if (app === undefined || models?.includes(path.join('/')) === false)
    return refuse(falAnswers.unknownModel())
  const job = account.addJob('fal', randomUUID(), toWanted(path, input), record)
  account.settle(job)
  const { queuePosition = 0 } = account.scripts.jobScript(job.text)
  return json(200, {
    status: 'IN_QUEUE',
    request_id: job.id,
    ...addressesOf(call, job),
    queue_position: queuePosition,
  })
}

function addressesOf({ base, path }: Call, job: Job) {
  const response = `${base}/fal/${path[0]}/${path[1]}/requests/${job.id}`
  return {
    response_url: response,
    status_url: `${response}/status`,
    cancel_url: `${response}/cancel`,
  }
}

function status(call: Call, job: Job): Answer {
  const { account } = call
  const script = account.scripts.jobScript(job.text)
  if (!lookAt(job, script)) return notFound
  account.settle(job)
  const common = { request_id: job.id, ...addressesOf(call, job) }
  const logs = call.query.get('logs') === '1' ? logsOf(script.progress) : null
  if (job.ending !== undefined) {
    const error = script.hidesFailure === true ? {} : runError(job.ending.verdict)
    const metrics = { inference_time: 0.42 }
    return json(200, { status: 'COMPLETED', ...common, logs, metrics, ...error })
  }
  const position = (script.queuePosition ?? 0) - job.looks + 1
  if (position > 0) return json(202, { status: 'IN_QUEUE', ...common, queue_position: position })
  return json(202, { status: 'IN_PROGRESS', ...common, logs })
}

function logsOf(progress: number[] = []): object[] {
  return progress.map((share, index) => ({
    message: `${Math.round(share * 100)}%`,
    level: 'INFO',
    source: 'USER',
    timestamp: new Date(1_795_000_000_000 + index * 1000).toISOString(),
  }))
}

function result(call: Call, job: Job): Answer | Promise<Answer> {
  const { account } = call
  if (!isVisible(job, account.scripts.jobScript(job.text))) return notFound
  account.settle(job)
  if (job.ending === undefined) return json(400, { detail: 'Request is still in progress' })
  return toResult(call, job, job.ending)
}

function cancel(call: Call, job: Job): Answer {
  const { account } = call
  const script = account.scripts.jobScript(job.text)
  if (job.isForgotten) return cancelOfNone
  if (job.ending !== undefined) return json(400, { status: 'ALREADY_COMPLETED' })
  if (script.ignoresCancel !== true) endJob(job, script, { name: 'interrupted' })
  return json(202, { status: 'CANCELLATION_REQUESTED' })
}
