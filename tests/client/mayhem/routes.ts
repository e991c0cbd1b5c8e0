import { completedBody, errorBody } from '../support/raw-server.ts'
import type { WireRequest } from '../support/wire-server.ts'
import { fileReply } from './files.ts'
import { notePost, type CallRecord } from './record.ts'

/** What a well-behaved server answers. */
export interface Reply {
  status: number
  headers: Record<string, string>
  body: string
}

/** A request, and what it would be answered. */
export interface Routed {
  request: WireRequest
  good: Reply
  /** It submits a generation, or asks for a price: never again after a good status. */
  creates: boolean
  /** The id that its good answer names. */
  id?: string
}

/** What a request would be answered, if nothing went wrong. */
export function route(record: CallRecord, request: WireRequest): Routed {
  const { method, path } = request
  record.requests += 1
  if (path.startsWith('/files/')) return plain(request, fileReply(record, request))
  if (path.startsWith('/v2/generations')) return plain(request, json(200, listOf(record)))
  if (method === 'POST') {
    notePost(record, request.headers.get('idempotency-key'))
    if (path.endsWith('/cancel')) return plain(request, json(200, cancellation(path)))
    return create(record, request)
  }
  return plain(request, json(200, read(record, path)))
}

function plain(request: WireRequest, good: Reply): Routed {
  return { request, good, creates: false }
}

function json(status: number, body: unknown, headers: Record<string, string> = {}): Reply {
  const all = { 'Content-Type': 'application/json', ...headers }
  return { status, body: JSON.stringify(body), headers: all }
}

function create(record: CallRecord, request: WireRequest): Routed {
  const { chance } = record
  if (request.body.includes('dry_run')) {
    const usage = { total_cost: 0.04, billable_unit: 'image', unit_price: 0.04, quantity: 1 }
    return { request, creates: true, good: json(200, { model: 'm', usage }) }
  }
  const id = make(record, request.headers.get('idempotency-key'))
  const headers: Record<string, string> = chance.is(0.6) ? { 'X-Generation-Id': id } : {}
  const isImage = request.path.includes('/images/')
  const isDone = isImage && !request.headers.has('prefer') && chance.is(0.8)
  const good = isDone
    ? json(200, completedBody(id), headers)
    : json(202, { id, status: 'pending' }, headers)
  return { request, creates: true, id, good }
}

/** Makes a generation, or finds the one that was made for the key. */
function make({ made, honoursKeys, tag }: CallRecord, key = ''): string {
  const known = honoursKeys ? made.find((generation) => generation.key === key) : undefined
  if (known) return known.id
  const id = `gen_${tag}_${made.length + 1}`
  made.push({ id, key })
  return id
}

function read(record: CallRecord, path: string): unknown {
  const id = path.split('/').at(-1) ?? ''
  record.readsLeft -= 1
  if (record.readsLeft >= 0) return { id, status: 'pending', progress: 0.5 }
  const failure = errorBody('content_policy_violation') as object
  return record.fails ? { id, status: 'failed', ...failure } : completedBody(id)
}

function cancellation(path: string): unknown {
  return { id: path.split('/').at(-2), cancellation: 'cancelled' }
}

function listOf({ tag }: CallRecord): unknown {
  return { data: [{ id: `gen_${tag}_0`, type: 'video', status: 'pending' }], has_more: false }
}
