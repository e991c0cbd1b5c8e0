/**
 * Checks what the test run saw on the wire against the contract: every exchange against its
 * schema, and all of them together for coverage. An operation, or a code that an operation
 * declares, that was never seen is a fault of the test run.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Compile } from 'typebox/compile'
import type { TSchema } from 'typebox'
import type * as commonModule from '../packages/server/dist/contract/common.js'
import type * as errorsModule from '../packages/server/dist/contract/errors.js'
import type * as operationsModule from '../packages/server/dist/contract/operations.js'

interface Exchange {
  method: string
  path: string | null
  status: number
  headers: Record<string, string>
  body?: string
}

export interface TrafficReport {
  exchanges: number
  /** Answers that break the contract. */
  violations: string[]
  /** What the contract has and nobody saw. */
  unseen: string[]
}

const dist = new URL('../../packages/server/dist/contract/', import.meta.url)

/** Reads the records of a run and judges them. */
export async function checkTraffic(folder: string): Promise<TrafficReport> {
  // The casts hold because the types are those of the very modules loaded.
  const { operationRows } = (await import(
    new URL('operations.js', dist).href
  )) as typeof operationsModule
  const { errorCatalog, errorCodes } = (await import(
    new URL('errors.js', dist).href
  )) as typeof errorsModule
  const { ErrorBody } = (await import(new URL('common.js', dist).href)) as typeof commonModule

  const seen = new Set<string>()
  const violations: string[] = []
  const exchanges = readExchanges(folder)
  for (const exchange of exchanges) {
    const { method, path, status, body } = exchange
    const operation = operationRows.find((row) => matches(row, exchange))
    const problem =
      exchange.status >= 400 && exchange.status !== 503
        ? checkError(exchange)
        : checkSuccess(exchange)
    if (problem !== undefined) {
      violations.push(
        `${method} ${path ?? '(unparsable)'} -> ${status}: ${problem} ${body?.slice(0, 200) ?? ''}`,
      )
    }

    function checkSuccess({ status: code, headers, body: text }: Exchange): string | undefined {
      if (method === 'OPTIONS') return checkPreflight(code, headers)
      if (operation === undefined) return 'an answer of no operation'
      const declared = operation.responses[code as 200]
      if (declared === undefined) return 'a status that the operation does not have'
      if (headers['x-request-id'] === undefined) return 'no X-Request-Id'
      seen.add(operation.id)
      if (declared.schema === undefined || method === 'HEAD') return undefined
      return firstFault(declared.schema, text)
    }

    function checkError({ status: code, headers, body: text }: Exchange): string | undefined {
      if (headers['x-request-id'] === undefined) return 'no X-Request-Id'
      if (code === 401 && headers['www-authenticate'] !== 'Bearer') return 'no WWW-Authenticate'
      if (!/^(true|false)$/.test(headers['x-should-retry'] ?? '')) return 'no X-Should-Retry'
      if (method === 'HEAD') return undefined
      const fault = firstFault(ErrorBody, text)
      if (fault !== undefined) return fault
      // The schema has just passed.
      const { error } = JSON.parse(text ?? '') as commonModule.ErrorBody
      if (errorCatalog[error.code].status !== code) return `code ${error.code} with this status`
      if (!error.doc_url.endsWith(`/docs/errors/${error.code}`)) return 'a doc_url of another code'
      const retryAfter = Number(headers['retry-after'])
      if (code === 429 && !(retryAfter >= 1 && retryAfter <= 60)) return 'no Retry-After of 1 to 60'
      seen.add(error.code)
      if (operation === undefined) return undefined
      seen.add(`${operation.id} ${error.code}`)
      const always = ['server_error', 'invalid_parameter']
      const declares = always.includes(error.code) || operation.errors.includes(error.code)
      return declares ? undefined : 'a code that the operation does not declare'
    }
  }
  const expected = [
    ...errorCodes,
    ...operationRows.map(({ id }) => id),
    ...operationRows.flatMap(({ id, errors }) => errors.map((code) => `${id} ${code}`)),
  ]
  return {
    exchanges: exchanges.length,
    violations,
    unseen: expected.filter((item) => !seen.has(item)),
  }
}

/** A preflight is the one question that is answered beside the operations. */
function checkPreflight(status: number, headers: Exchange['headers']): string | undefined {
  if (status !== 204) return 'a preflight that is not answered 204'
  if (headers['x-request-id'] === undefined) return 'no X-Request-Id'
  const allows = ['access-control-allow-origin', 'access-control-allow-methods']
  return allows.every((name) => name in headers) ? undefined : 'a preflight that allows nothing'
}

function firstFault(schema: TSchema, text: string | undefined): string | undefined {
  let value: unknown
  try {
    value = JSON.parse(text ?? '')
  } catch {
    return 'a body that is not JSON'
  }
  const validator = Compile(schema)
  if (validator.Check(value)) return undefined
  const [fault] = validator.Errors(value)
  return `a body that breaks its schema at ${fault?.instancePath || 'the top'}: ${fault?.message ?? ''}`
}

function matches(row: { method: string; path: string }, { method, path }: Exchange): boolean {
  if (path === null || (row.method !== method && !(method === 'HEAD' && row.method === 'GET'))) {
    return false
  }
  const [wanted, given] = [row.path.split('/'), path.split('/')]
  return (
    wanted.length === given.length &&
    wanted.every((part, index) => part.startsWith('{') || part === given[index])
  )
}

function readExchanges(folder: string): Exchange[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith('.jsonl'))
    .flatMap((file) => readFileSync(join(folder, file), 'utf8').split('\n'))
    .filter((line) => line !== '')
    .map(
      // Written by tests/support/traffic.ts in exactly this form.
      (line) => JSON.parse(line) as Exchange,
    )
}
