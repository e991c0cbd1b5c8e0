import type { Failure } from './errors.ts'
import { errorCatalog, type ErrorCode } from './generated/errors.ts'
import { retryAfterMs } from './retry.ts'

/** What the headers of an answer tell about the request and its generation. */
export interface AnswerFacts {
  requestId: string | undefined
  generationId: string | undefined
  billed: boolean | undefined
}

export function factsOf(headers: Headers): AnswerFacts {
  return {
    requestId: headers.get('X-Request-Id') ?? undefined,
    generationId: headers.get('X-Generation-Id') ?? undefined,
    billed: claim(headers.get('X-Billed')),
  }
}

function claim(text: string | null): boolean | undefined {
  return text === 'true' ? true : text === 'false' ? false : undefined
}

// Far above any answer of the API, and far below what a program's memory holds.
const longestAnswerBytes = 32 * 2 ** 20

/** The body as text. Throws when it does not end within reason, as that of a broken server may not. */
export async function readText({ body }: Response): Promise<string> {
  if (!body) return ''
  const reader = body.getReader()
  const decoder = new TextDecoder()
  let text = ''
  for (let bytes = 0; bytes <= longestAnswerBytes;) {
    const { done, value } = await reader.read()
    if (done) return text + decoder.decode()
    bytes += value.length
    text += decoder.decode(value, { stream: true })
  }
  await reader.cancel()
  throw new Error('the answer does not end')
}

/** The data of an answer, or why it is none. */
export function readAnswer(response: Response, text: string): { data: unknown } | Failure {
  const json = parse(text)
  return response.ok && isRecord(json) ? { data: json } : readFailure(response, text, json)
}

/** Why an answer is not the one hoped for. */
export function readFailure(response: Response, text: string, json = parse(text)): Failure {
  const failure = response.ok || isRedirect(response) ? undefined : apiFailure(response, text, json)
  const shouldRetry = claim(response.headers.get('X-Should-Retry'))
  const read = failure ?? foreignFailure(response, text)
  return {
    ...factsOf(response.headers),
    // Browsers show a redirect that they did not follow as status 0.
    ...(response.status > 0 && { status: response.status }),
    retryAfterMs: retryAfterMs(response.headers),
    ...read,
    retryable: shouldRetry ?? read.retryable,
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Objects and arrays: the contract has no other bodies. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}

function string(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}

/** The fields of the contract's error object that an error of this package takes over. */
export function errorFields(error: Record<string, unknown>): {
  message: string | undefined
  param: string | undefined
  docUrl: string | undefined
  code: ErrorCode | undefined
} {
  const code = string(error['code'])
  return {
    message: string(error['message']),
    param: string(error['param']),
    docUrl: string(error['doc_url']),
    code: isErrorCode(code) ? code : undefined,
  }
}

function isErrorCode(code: string | undefined): code is ErrorCode {
  return code !== undefined && Object.hasOwn(errorCatalog, code)
}

/** What a server of this API says went wrong; undefined when something else answered. */
function apiFailure(response: Response, text: string, json: unknown): Failure | undefined {
  const { status } = response
  const error = isRecord(json) ? (isRecord(json['error']) ? json['error'] : json) : {}
  const fields = errorFields(error)
  // A proxy before the API also limits and breaks, and these two codes ask for nothing but patience.
  const code =
    fields.code ?? (fields.message || [429, 500].includes(status) ? codeOf(status) : undefined)
  if (!code) return undefined
  const message = fields.message ?? notOfTheApi(response, text)
  // An unlisted status decides for itself: 503 may pass, 403 will not.
  const retryable = fields.code ? errorCatalog[code].retryable : status === 429 || status >= 500
  return { ...fields, code, message, retryable }
}

function codeOf(status: number): ErrorCode {
  if (status === 400) return 'invalid_parameter'
  // Object.entries loses the key's literal type; the catalog is closed, so the cast holds.
  const rows = Object.entries(errorCatalog) as [ErrorCode, { status: number }][]
  return rows.find(([, row]) => row.status === status)?.[0] ?? 'server_error'
}

/** For an answer that the API cannot have given: a proxy's page, a cut body, a redirect. */
function foreignFailure(response: Response, text: string): Failure {
  const { status, headers } = response
  if (isRedirect(response)) {
    const target = headers.get('Location')
    const message = `The server redirects${target ? ` to ${target}` : ''}. Redirects are not followed, so that the API key stays with the server it was meant for; set baseURL to the right address.`
    return { code: 'connection_error', message, retryable: false }
  }
  const isPage = /html/i.test(headers.get('Content-Type') ?? '') || /^\s*</.test(text)
  // A cut body may arrive whole next time. A page with a good status comes from a wrong address.
  const retryable = response.ok ? !isPage : [408, 425, 429].includes(status) || status >= 500
  return { code: 'connection_error', message: notOfTheApi(response, text), retryable }
}

function isRedirect(response: Response): boolean {
  return response.type === 'opaqueredirect' || (response.status >= 300 && response.status < 400)
}

function notOfTheApi({ status, headers }: Response, text: string): string {
  const type = headers.get('Content-Type') ?? 'no content type'
  return `The answer is not one of the API: ${status}, ${type}, ${excerpt(text)}.`
}

function excerpt(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim()
  if (line === '') return 'an empty body'
  return JSON.stringify(line.length > 120 ? `${line.slice(0, 120)}…` : line)
}
