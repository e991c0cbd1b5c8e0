/**
 * What an answer without a picture means. The first row that fits decides; each row has a recorded
 * answer in fixtures/. Codes decide before statuses, because the status lies where money is concerned.
 */
import { redact, type Hidden } from '../redact.ts'
import type { Billed, FailureKind, JobTrace, UpstreamFailure } from '../upstream.ts'
import { toErrorWords, type ErrorWords } from './error-words.ts'
import { toRetryAfter, type Headers } from './retry-after.ts'

/** An answer to a submission. */
export interface FailedAnswer {
  status: number
  headers: Headers
  /** As much of it as came. */
  body: string
}

/** What is to be known besides the answer. */
export interface FailureContext {
  hidden: Hidden
  mayBill: boolean
  /** The client's field behind each of the wire's fields that carries it unchanged. */
  origins: ReadonlyMap<string, string>
  now: number
}

interface Row {
  kind: FailureKind
  job: JobTrace
  /** Where somebody bills at all. */
  billed: Billed
  fits(answer: FailedAnswer, words: ErrorWords): boolean
}

/** Exported for the proof that each row was seen. */
export const rows = {
  // Some say it with 429, some with 400, 402 or 403.
  money: refusal(
    'funds',
    ({ status }, { code, type }) => status < 500 && (moneyCodes.has(code) || moneyCodes.has(type)),
  ),
  money_status: refusal('funds', ({ status }) => status === 402),
  money_text: refusal(
    'funds',
    ({ status }, { message }) => isRefusal(status) && moneyText.test(message),
  ),
  // A key without access to the model is told 403; others of its models go on.
  unknown_model: refusal(
    'model_gone',
    ({ status }, words) => isRefusal(status) && namesModel(words),
  ),
  key: refusal('credential', ({ status }) => status === 401 || status === 403 || status === 407),
  // It may have been the picture that was refused, and whether that one is billed is nowhere said.
  moderation: {
    kind: 'moderated',
    job: 'ended',
    billed: 'unknown',
    fits: (_, { code, type, message }) =>
      moderationCodes.has(code) ||
      (type === 'image_generation_user_error' && /safety|moderation/iu.test(message)),
  },
  address: refusal('model_gone', ({ status }) => goneStatuses.has(status)),
  validation: refusal('bad_input', ({ status }) => [400, 413, 415, 422].includes(status)),
  throttling: refusal('throttled', ({ status }) => status === 429),
  // Said before anything is taken up, by those who document it.
  overload: refusal(
    'throttled',
    ({ status }, { code }) => status === 503 && overloadCodes.has(code),
  ),
  not_ready: refusal(
    'transient',
    ({ status }, { message }) => status === 503 && notReadyText.test(message),
  ),
  other_refusal: refusal('transient', ({ status }) => isRefusal(status)),
  // stable-diffusion.cpp answers when its one run is over.
  failed_run: {
    kind: 'transient',
    job: 'ended',
    billed: 'no',
    fits: ({ status }, { message }) => status === 500 && failedRunText.test(message),
  },
  // A proxy gave up waiting; behind it the picture may still be made.
  gateway: {
    kind: 'transient',
    job: 'possible',
    billed: 'unknown',
    fits: ({ status }) => [502, 504].includes(status) || (status >= 520 && status <= 529),
  },
  server_error: {
    kind: 'transient',
    job: 'possible',
    billed: 'no',
    fits: ({ status }) => status >= 500,
  },
  no_picture: {
    kind: 'useless',
    job: 'ended',
    billed: 'unknown',
    fits: ({ status }) => isSuccess(status),
  },
  // 303 says that it was taken; others are of no use to anybody.
  strange_status: { kind: 'transient', job: 'possible', billed: 'unknown', fits: () => true },
} as const satisfies Record<string, Row>

/** The row that decides on an answer. */
export function rowOf(answer: FailedAnswer, words = toErrorWords(answer.body)): keyof typeof rows {
  const names = Object.keys(rows) as (keyof typeof rows)[] // Its own keys.
  return names.find((name) => rows[name].fits(answer, words)) ?? 'strange_status'
}

/** What an answer says that brought no picture. */
export function classify(answer: FailedAnswer, context: FailureContext): UpstreamFailure {
  const words = toErrorWords(answer.body)
  const { kind, job, billed } = rows[rowOf(answer, words)]
  const field = kind === 'bad_input' ? toField(words, context.origins) : undefined
  const retryAfterMs = toRetryAfter(answer.headers, context.now)
  return {
    kind,
    note: toNote(answer, words, context.hidden),
    job,
    billed: context.mayBill ? billed : 'no',
    httpStatus: answer.status,
    ...(field === undefined ? {} : { field }),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  }
}

/** A row of an answer that says: not taken. */
function refusal(kind: FailureKind, fits: Row['fits']): Row {
  return { kind, job: 'none', billed: 'no', fits }
}

function isSuccess(status: number): boolean {
  return status >= 200 && status < 300
}

function isRefusal(status: number): boolean {
  return status >= 400 && status < 500
}

const moneyCodes = new Set([
  'insufficient_quota',
  'credit_balance_exhausted',
  'organization_spend_limit_exceeded',
  'billing_hard_limit_reached',
  'billing_not_active',
])

const moneyText =
  /no credits remaining|exceeded your current quota|billing hard limit|insufficient (?:credits?|balance|funds)/iu

function namesModel({ code, message }: ErrorWords): boolean {
  return (
    code === 'model_not_found' ||
    /model mismatch|model \S+ (?:not found|does not exist)/iu.test(message)
  )
}

const moderationCodes = new Set([
  'moderation_blocked',
  'content_policy_violation',
  'image_content_policy_violation',
  'invalid_prompt',
])

// Redirects are never followed: the address is not the one that the configuration names.
const goneStatuses = new Set([301, 302, 307, 308, 404, 405, 410, 501])

const overloadCodes = new Set(['model_loading', 'server_is_overloaded', 'slow_down'])

const notReadyText = /not initiali[sz]ed/iu

const failedRunText = /generate_image returned no results/iu

function toField({ params }: ErrorWords, origins: ReadonlyMap<string, string>): string | undefined {
  for (const param of params) {
    const [, name = '', index] =
      /^(\w{1,40}?)s?(?:\[(\d{0,2})\])?(?:\..{0,80})?$/u.exec(param) ?? []
    const candidates = index === undefined || index === '' ? [param, name] : [`${name}[${index}]`]
    for (const candidate of candidates) {
      const field = origins.get(candidate)
      if (field !== undefined) return field
    }
  }
  return undefined
}

function toNote({ status, headers }: FailedAnswer, words: ErrorWords, hidden: Hidden): string {
  const message = words.message === '' ? describe(status) : words.message
  const labels = [words.code, words.type, ...words.params].filter((label) =>
    /^[\w.[\]-]{1,64}$/u.test(label),
  )
  const id = headers['x-request-id']
  const request = typeof id === 'string' && /^[\w.-]{1,80}$/u.test(id) ? `, request ${id}` : ''
  const said = message === '' ? '' : `: ${message}`
  return redact(`HTTP ${[status, ...labels].join(' ')}${request}${said}`, hidden)
}

// What the upstream leaves unsaid.
function describe(status: number): string {
  if (isSuccess(status)) return 'no picture in it'
  return status < 400
    ? 'a redirect, which is not followed; base_url has to be the address itself'
    : ''
}
