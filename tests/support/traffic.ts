/**
 * Records every exchange of the test run, so that it can be checked against the contract at the
 * end (tools/check-traffic.ts): each answer against its schema, and all of them for coverage.
 */
import { appendFileSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Where the records of a run are collected; the test command empties it first. */
export const trafficFolder = fileURLToPath(new URL('../../test-output/traffic/', import.meta.url))

/** One request and its answer. `path` is null where the request could not be parsed. */
export interface Exchange {
  method: string
  path: string | null
  status: number
  headers: Record<string, string>
  /** The body as text; absent where it is a file. */
  body?: string
}

const file = join(trafficFolder, `${process.pid}-${Date.now()}.jsonl`)

/** Adds an exchange to the record of this run. */
export function recordExchange(exchange: Exchange): void {
  mkdirSync(trafficFolder, { recursive: true })
  appendFileSync(file, `${JSON.stringify(exchange)}\n`)
}

/** `fetch`, recording. Hand it to the client, too. */
export const recordingFetch: typeof fetch = async (input, init) => {
  const request = new Request(input, init)
  const response = await fetch(request)
  const type = response.headers.get('content-type') ?? ''
  const isText = type.startsWith('application/json') || type.startsWith('text/')
  const url = new URL(request.url)
  recordExchange({
    method: request.method,
    path: url.pathname,
    status: response.status,
    headers: Object.fromEntries(response.headers),
    ...(isText ? { body: await response.clone().text() } : {}),
  })
  return response
}
