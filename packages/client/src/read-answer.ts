import type { Failure } from './errors.ts'
import { errorCatalog, type ErrorCode } from './generated/errors.ts'
import { retryAfterMs } from './retry.ts'

// Object.entries loses the key's literal type; the catalog is closed, so the cast holds.
const rows = Object.entries(errorCatalog) as [ErrorCode, { status: number }][]

/** What the headers of an answer tell about the request and its generation. */
export interface AnswerFacts {
  requestId: string | undefined
  generationId: string | undefined
  billed: boolean | undefined
}

/** Takes out of a text what nobody is to read. */
export type Hide = (text: string) => string

export function factsOf(headers: Headers, hide: Hide): AnswerFacts {
  return {
    requestId: string(headers.get('X-Request-Id'), hide),
    generationId: idOf(headers.get('X-Generation-Id')),
    billed: claim(headers.get('X-Billed')),
  }
}

/** The id of a generation, where a value can be one: printable, and no step to another path. */
export function idOf(value: unknown): string | undefined {
  return typeof value === 'string' && /^(?!\.+$)[!-~]{1,255}$/.test(value) ? value : undefined
}

/** What a header that says `true` or `false` says. */
export function claim(text: string | null): boolean | undefined {
  return text === 'true' ? true : text === 'false' ? false : undefined
}

// Far above any answer of the API, and far below what a program's memory holds.
const longestAnswerBytes = 8 * 2 ** 20

/** The body as text, of which `part` holds what has come so far. Throws when it does not end within reason, as that of a broken server may not. */
export async function readText(response: Response, part = { text: '' }): Promise<string> {
  // React Native has no streams, and what is put in the place of a fetch often has others.
  if (typeof response.body?.getReader !== 'function') return (part.text = await response.text())
  const reader = response.body.getReader()
  const decoder = new TextDecoder()
  for (let bytes = 0; bytes <= longestAnswerBytes;) {
    const { done, value } = await reader.read()
    if (done) return (part.text += decoder.decode())
    bytes += value.length
    part.text += decoder.decode(value, { stream: true })
  }
  void reader.cancel().catch(() => {})
  throw new Error('the answer does not end')
}

/** What came of a body: its text, or how it was lost on the way. */
export type Body = { text: string } | { lost: string }

/** The data of an answer, or why it is none. */
export function readAnswer(
  response: Response,
  text: string,
  isExpected: (data: unknown) => boolean = () => true,
  hide: Hide,
): { data: unknown } | Failure {
  const json = parse(text)
  const isGood = response.ok && isRecord(json) && isExpected(json)
  return isGood ? { data: json } : readFailure(response, { text }, hide)
}

/** Why an answer is not the one hoped for. Status and headers decide; a body adds the words. */
export function readFailure(response: Response, body: Body, hide: Hide): Failure {
  const { status, headers, ok } = response
  const isRedirected = isRedirect(response)
  const failure =
    (!ok && !isRedirected && apiFailure(response, body, hide)) ||
    foreignFailure(response, body, hide)
  const shouldRetry = isRedirected ? undefined : claim(headers.get('X-Should-Retry'))
  return {
    ...factsOf(headers, hide),
    // Browsers show a redirect that they did not follow as status 0.
    ...(status > 0 && { status }),
    headers,
    retryAfterMs: retryAfterMs(headers),
    ...failure,
    retryable: shouldRetry ?? failure.retryable,
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

// On one line, without what steers a terminal, and no longer than somebody reads. What is hidden is
// taken out before anything is cut off, which would leave half of it.
function string(value: unknown, hide: Hide): string | undefined {
  if (typeof value !== 'string') return undefined
  return (
    hide(value)
      .slice(0, 2_000)
      .replace(/[\p{Cc}\u2028\u2029]+/gu, ' ') || undefined
  )
}

/** The fields of the contract's error object that an error of this package takes over. */
export function errorFields(
  error: Record<string, unknown>,
  hide: Hide,
): {
  message: string | undefined
  param: string | undefined
  docUrl: string | undefined
  code: ErrorCode | undefined
} {
  const code = string(error['code'], hide)
  const docUrl = string(error['doc_url'], hide)
  return {
    message: string(error['message'], hide),
    param: string(error['param'], hide),
    docUrl: docUrl && /^https?:/.test(docUrl) ? docUrl : undefined,
    code: isErrorCode(code) ? code : undefined,
  }
}

function isErrorCode(code: string | undefined): code is ErrorCode {
  return code !== undefined && Object.hasOwn(errorCatalog, code)
}

/** What a server of this API says went wrong; undefined when something else answered. */
function apiFailure(response: Response, body: Body, hide: Hide): Failure | undefined {
  const { status } = response
  const json = 'text' in body ? parse(body.text) : undefined
  const inner = isRecord(json) && isRecord(json['error']) ? json['error'] : undefined
  const fields = errorFields(inner ?? (isRecord(json) ? json : {}), hide)
  // What stands before the API says in JSON, too, that it waited in vain or broke down, and nothing is
  // known then; the API itself gives advice. It also limits, which asks for nothing but patience.
  const isKnown =
    status < 500
      ? fields.message || status === 429 || isHalf(response, body)
      : response.headers.has('X-Should-Retry') && isHalf(response, body)
  const code = fields.code ?? (isKnown ? codeOf(status) : undefined)
  if (!code) return undefined
  const message = fields.message ?? notOfTheApi(response, body, hide)
  const retryable = fields.code ? errorCatalog[code].retryable : mayPass(status)
  return { ...fields, code, message, retryable }
}

/** Whether it began as the API's answers do, and the status is one of theirs: only the words are lost. */
function isHalf(response: Response, body: Body): boolean {
  const isOurs = 'lost' in body || /json/i.test(response.headers.get('Content-Type') ?? '')
  return isOurs && !isPage(response, body) && rows.some(([, row]) => row.status === response.status)
}

// 503 may pass, 403 will not.
function mayPass(status: number): boolean {
  return [408, 425, 429].includes(status) || status >= 500
}

function codeOf(status: number): ErrorCode {
  if (status === 400) return 'invalid_parameter'
  return rows.find(([, row]) => row.status === status)?.[0] ?? 'server_error'
}

/** For an answer that the API cannot have given: a proxy's page, a cut body, a redirect. */
function foreignFailure(response: Response, body: Body, hide: Hide): Failure {
  const { status, headers, ok } = response
  if (isRedirect(response)) {
    const target = string(headers.get('Location'), hide)
    const message = `The server redirects${target ? ` to ${target}` : ''}. Redirects are not followed, so that the API key stays where it belongs; set baseURL to the right address.`
    return { code: 'connection_error', message, retryable: false, untouched: true }
  }
  // A cut body may arrive whole next time. A page with a good status comes from a wrong address.
  const retryable = ok ? !isPage(response, body) : mayPass(status)
  return { code: 'connection_error', message: notOfTheApi(response, body, hide), retryable }
}

function isPage({ headers }: Response, body: Body): boolean {
  return (
    /html/i.test(headers.get('Content-Type') ?? '') || ('text' in body && /^\s*</.test(body.text))
  )
}

function isRedirect(response: Response): boolean {
  return response.type === 'opaqueredirect' || (response.status >= 300 && response.status < 400)
}

function notOfTheApi({ status, headers }: Response, body: Body, hide: Hide): string {
  if ('lost' in body)
    return `The server answered ${status}; what else it said is lost: ${body.lost}`
  const type = string(headers.get('Content-Type'), hide)?.slice(0, 99) ?? 'no content type'
  return `The answer is not one of the API: ${status}, ${type}, ${excerpt(body.text, hide)}.`
}

function excerpt(text: string, hide: Hide): string {
  const line = string(text, hide)?.replace(/\s+/g, ' ').trim()
  if (!line) return 'an empty body'
  return JSON.stringify(line.length > 120 ? `${line.slice(0, 120)}…` : line)
}
