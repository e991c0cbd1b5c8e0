/**
 * ComfyUI. The client chooses a job's id, and may look for it: a GET of /queue is a look at every job, and the GET of
 * one job's /history that follows belongs to the same look.
 */
import { randomUUID } from 'node:crypto'
import { replaced } from '../acts.ts'
import { comfyAnswers } from '../answers/comfyui.ts'
import { isVisible, lookAt, type Job } from '../jobs.ts'
import type { Act, Step } from '../script.ts'
import { readGraph, toWanted } from './comfy-graph.ts'
import { toQueueRow } from './comfy-history.ts'
import { findView, upload, view } from './comfy-files.ts'
import { features } from './comfy-sockets.ts'
import { isObject, json, readJson, toText, type Answer, type Call, type Wire } from './wire.ts'

/** `/comfyui/…` and the same below `/comfyui/api/…` */
export const comfyui: Wire = {
  stepOf: (method, path) => steps[routeOf(method, path)] ?? 'other',
  find(call) {
    switch (routeOf(call.method, call.path)) {
      case 'GET queue':
        return lookAtQueue(call)
      case 'GET history/':
        return lookAtHistory(call)
      case 'GET view':
      case 'HEAD view':
        return optional(findView(call)?.job)
      case 'POST queue':
      case 'POST interrupt':
        return optional(findCancelled(call))
      default:
        return {}
    }
  },
  answer(call, job) {
    const { key } = call.account.settings
    const { authorization, origin, host } = call.headers
    if (key !== undefined && authorization !== `Bearer ${key}`)
      return toAnswer(comfyAnswers.proxyRefuses())
    if (origin !== undefined && URL.canParse(origin) && new URL(origin).host !== host)
      return toAnswer({ status: 403 })
    call.account.comfy.run()
    return routes[routeOf(call.method, call.path)]?.(call, job) ?? notFound
  },
}

const steps: Record<string, Step> = {
  'POST prompt': 'submit',
  'GET queue': 'status',
  'GET history/': 'status',
  'GET view': 'download',
  'HEAD view': 'download',
  'POST upload/image': 'upload',
  'POST queue': 'cancel',
  'POST interrupt': 'cancel',
}

const routes: Record<string, (call: Call, job: Job | undefined) => Answer | Promise<Answer>> = {
  'POST prompt': submit,
  'GET prompt': ({ account }) =>
    json(200, { exec_info: { queue_remaining: account.comfy.remaining } }),
  'GET queue'({ account }) {
    const { running, pending } = account.comfy.listQueue()
    const rows = (items: typeof running) => items.map((item) => toQueueRow(item, true))
    return json(200, { queue_running: rows(running), queue_pending: rows(pending) })
  },
  'GET history'({ account, query }) {
    const last = Number(query.get('max_items') ?? Infinity)
    return json(200, Object.fromEntries([...account.comfy.history].slice(-last)))
  },
  'GET history/': history,
  'GET view': view,
  'HEAD view': view,
  'POST upload/image': upload,
  'POST queue': editQueue,
  'POST interrupt': interrupt,
  'POST history': editHistory,
  'GET system_stats': () =>
    json(200, {
      system: {
        os: 'posix',
        comfyui_version: '0.3.64',
        python_version: '3.12.3',
        argv: ['main.py'],
      },
      devices: [{ name: 'cpu', type: 'cpu', index: null, vram_total: 8e9, vram_free: 6e9 }],
    }),
  'GET object_info': () => json(200, {}),
  'GET features': () => json(200, features),
  'GET internal/files/output': ({ account }) => json(200, account.comfy.disk.outputNames()),
}

const empty: Answer = {
  status: 200,
  headers: { 'content-type': 'application/octet-stream' },
  body: Buffer.alloc(0),
}
const notFound = toAnswer({ status: 404, body: '404: Not Found' })

function toAnswer(act: Act): Answer {
  return replaced(empty, act)
}

/** Method and path, without the id of `/history/{id}`. */
function routeOf(method: string, path: string[]): string {
  const [first, ...rest] = path[0] === 'api' ? path.slice(1) : path
  if (first === 'history' && rest.length === 1 && rest[0] !== '') return `${method} history/`
  return `${method} ${[first, ...rest].join('/')}`
}

function optional(job: Job | undefined): { job?: Job } {
  return job === undefined ? {} : { job }
}

// Jobs whose look has begun with /queue, and those whose end has been read.
const begun = new WeakSet<Job>()
const read = new WeakSet<Job>()

function lookAtQueue({ account, record }: Call): { job?: Job; step: Step } {
  const jobs = account.jobs.filter(
    (job) => job.wire === 'comfyui' && !job.isForgotten && !read.has(job),
  )
  for (const job of jobs) {
    look(account, job)
    begun.add(job)
  }
  record.jobs.push(...jobs.map(({ number }) => number))
  // What is still to come before what was never read, such as the jobs of a client that has died.
  const inTurn = [
    ...jobs.filter(({ ending }) => ending === undefined),
    ...jobs.filter(({ ending }) => ending !== undefined).toReversed(),
  ]
  const job = inTurn.find((job) => account.scripts.has(stepOf(job), job.text)) ?? inTurn[0]
  return { ...optional(job), step: stepOf(job) }
}

function lookAtHistory({ account, path }: Call): { job?: Job; step: Step } {
  const job = account.findJob('comfyui', path.at(-1) ?? '')
  if (job === undefined || job.isForgotten) return { ...optional(job), step: 'lookup' }
  if (begun.delete(job)) return { job, step: 'result' }
  look(account, job)
  return { job, step: stepOf(job) }
}

function look(account: Call['account'], job: Job): void {
  lookAt(job, account.scripts.jobScript(job.text))
  if (job.isForgotten) account.comfy.forget(job)
}

function stepOf(job: Job | undefined): Step {
  return job?.submission.outcome === 'answered' ? 'status' : 'lookup'
}

function submit({ account, body, record }: Call): Answer {
  const input = readJson(body)
  if (input === undefined) return toAnswer(comfyAnswers.trouble())
  const { comfy } = account
  const number = comfy.takeNumber()
  const checked = readGraph(input['prompt'], (name) => comfy.disk.hasInput(name))
  if (!('graph' in checked)) return toAnswer(checked)
  const { graph, outputs } = checked
  // Not checked in any way: null becomes a text as well.
  const given = input['prompt_id']
  const id = given === undefined ? randomUUID() : given === null ? 'None' : toText(given)
  const job = account.addJob('comfyui', id, toWanted(graph, outputs), record)
  job.graph = asciiJson(graph)
  const extra = isObject(input['extra_data']) ? input['extra_data'] : {}
  const client = input['client_id']
  const clientId = client === undefined ? {} : { clientId: toText(client) }
  const extraData = client === undefined ? extra : { ...extra, client_id: client }
  comfy.submit({ number, job, graph, outputs, extraData, ...clientId })
  const errors = account.scripts.jobScript(job.text).nodeErrors ?? {}
  return json(200, { prompt_id: id, number, node_errors: errors })
}

// As Python writes it, and as a text chunk of a PNG needs it.
function asciiJson(value: unknown): string {
  return JSON.stringify(value).replaceAll(
    /[\u0080-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}

function history({ account, path }: Call, job: Job | undefined): Answer {
  const id = path.at(-1) ?? ''
  const entry = account.comfy.history.get(id)
  const isHidden = job !== undefined && !isVisible(job, account.scripts.jobScript(job.text))
  if (entry === undefined || isHidden) return json(200, {})
  for (const same of account.jobs) if (same.wire === 'comfyui' && same.id === id) read.add(same)
  return json(200, { [id]: entry })
}

function findCancelled({ account, body }: Call): Job | undefined {
  const input = readJson(body)
  const id = input?.['prompt_id'] ?? idsIn(input)[0]
  return typeof id === 'string' ? account.findJob('comfyui', id) : undefined
}

function idsIn(input: Record<string, unknown> | undefined): string[] {
  const ids: unknown = input?.['delete']
  return Array.isArray(ids) ? ids.map(String) : []
}

function editQueue({ account, body }: Call): Answer {
  const input = readJson(body)
  if (input === undefined) return toAnswer(comfyAnswers.trouble())
  account.comfy.remove(idsIn(input))
  if (input['clear'] === true) account.comfy.clear()
  return empty
}

function interrupt({ account, body }: Call): Answer {
  const id = readJson(body)?.['prompt_id']
  if (body.length > 0 && readJson(body) === undefined) return toAnswer(comfyAnswers.trouble())
  // Without an id, whatever runs is ended.
  account.comfy.interrupt(id === undefined ? undefined : toText(id))
  return empty
}

function editHistory({ account, body }: Call): Answer {
  for (const id of idsIn(readJson(body))) account.comfy.history.delete(id)
  return empty
}
