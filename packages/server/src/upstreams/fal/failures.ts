/**
 * What fal's refusals mean. Statuses and texts lie here and there, so the rows are in order: money,
 * credential, content, values, throttling, and the rest. Errors of a model come as a list of
 * `{loc, msg, type}` under `detail`, those of the platform as a sentence with `error_type`.
 */
import type { Billed, FailureKind } from '../upstream.ts'
import type { FieldMap } from './job-ref.ts'
import { fieldsOf, parseJson } from './values.ts'
import { headerOf, type Headers } from './wire.ts'

/** An answer that is no success. */
export interface Refusal {
  status: number
  headers: Headers
  text: string
  /** What the queue said of the run, where it said something. */
  said?: { type?: string; words?: string }
}

/** What is known of a refusal. */
export interface Verdict {
  row: string
  kind: FailureKind
  /** What a run that ended so costs. */
  billed: Billed
  field?: string
  /** The upstream's words; not fit for a note yet. */
  words: string
}

/** Finds the first row that fits. */
export function classify(refusal: Refusal, fields: FieldMap = {}): Verdict {
  const seen = read(refusal)
  const row = rows.find(({ matches }) => matches(seen)) ?? lastRow
  const field = row.kind === 'bad_input' ? findField(seen.entries, fields) : undefined
  return {
    row: row.name,
    kind: row.kind,
    billed: row.billed,
    ...(field === undefined ? {} : { field }),
    words: describe(seen, headerOf(refusal.headers, 'x-fal-retryable')),
  }
}

/** An error of a model. */
interface Entry {
  loc: readonly unknown[]
  message: string
  type: string
}

interface Seen {
  status: number
  types: ReadonlySet<string>
  /** Sentences; never what was quoted of the request. */
  words: string
  entries: readonly Entry[]
}

interface Row {
  name: string
  kind: FailureKind
  billed: Billed
  matches(seen: Seen): boolean
}

const boundTypes = [
  'greater_than',
  'greater_than_equal',
  'less_than',
  'less_than_equal',
  'multiple_of',
  'one_of',
  'sequence_too_short',
  'sequence_too_long',
  'string_too_short',
  'string_too_long',
  'feature_not_supported',
]
const imageTypes = [
  'image_too_small',
  'image_too_large',
  'image_load_error',
  'file_too_large',
  'face_detection_error',
  'unsupported_image_format',
]

const noMoney =
  /exhausted balance|insufficient (?:balance|credits?|funds)|\btop[ -]?up\b|payment required/iu
const unsafe = /unsafe|safety|polic(?:y|ies)|moderat|sensitive/iu
const flagged =
  /\bflagged\b|content[ _-]polic|\bnsfw\b|safety (?:check|filter|system)|sensitive content/iu
const noSuchPath = /^(?:path|application|app|endpoint|model)\b.{0,200}\bnot found/iu

const isRefused = ({ status }: Seen) => status >= 400 && status < 500

/** All that are known; a fixture stands for each. */
export const rows: readonly Row[] = [
  {
    name: 'balance',
    kind: 'funds',
    billed: 'no',
    matches: ({ status, words }) =>
      status === 402 || ([400, 401, 403, 429].includes(status) && noMoney.test(words)),
  },
  {
    name: 'credential',
    kind: 'credential',
    billed: 'no',
    matches: ({ status }) => status === 401 || status === 403,
  },
  {
    name: 'content-policy',
    kind: 'moderated',
    billed: 'unknown',
    matches: ({ types }) => types.has('content_policy_violation'),
  },
  {
    name: 'unsafe-result',
    kind: 'moderated',
    billed: 'unknown',
    matches: ({ types, words }) => types.has('no_media_generated') && unsafe.test(words),
  },
  {
    name: 'flagged-text',
    kind: 'moderated',
    billed: 'unknown',
    matches: ({ status, types, words }) =>
      [400, 422].includes(status) && !isTyped(types) && flagged.test(words),
  },
  {
    // We have given the file, so it is not the client's address that fails.
    name: 'file-not-fetched',
    kind: 'transient',
    billed: 'unknown',
    matches: ({ types }) => types.has('file_download_error'),
  },
  {
    name: 'image-refused',
    kind: 'bad_input',
    billed: 'unknown',
    matches: ({ types }) => imageTypes.some((type) => types.has(type)),
  },
  {
    name: 'value-refused',
    kind: 'bad_input',
    billed: 'unknown',
    matches: ({ types }) => boundTypes.some((type) => types.has(type)),
  },
  {
    name: 'field-missing',
    kind: 'bad_input',
    billed: 'unknown',
    matches: ({ types }) => types.has('missing'),
  },
  {
    name: 'throttled',
    kind: 'throttled',
    billed: 'no',
    matches: ({ status }) => status === 429,
  },
  {
    name: 'model-gone',
    kind: 'model_gone',
    billed: 'no',
    matches: (seen) =>
      [404, 405, 410].includes(seen.status) || (isRefused(seen) && noSuchPath.test(seen.words)),
  },
  {
    name: 'address-moved',
    kind: 'model_gone',
    billed: 'no',
    matches: ({ status }) => [301, 307, 308].includes(status),
  },
  {
    name: 'cancelled',
    kind: 'transient',
    billed: 'unknown',
    matches: ({ status, types }) =>
      status === 499 || types.has('client_cancelled') || types.has('client_disconnected'),
  },
  {
    name: 'no-media',
    kind: 'useless',
    billed: 'unknown',
    matches: ({ types }) => types.has('no_media_generated'),
  },
  {
    name: 'downstream',
    kind: 'transient',
    billed: 'unknown',
    matches: (seen) => isRefused(seen) && seen.types.has('downstream_service_error'),
  },
  {
    name: 'too-large',
    kind: 'bad_input',
    billed: 'no',
    matches: ({ status }) => status === 413,
  },
  {
    name: 'bad-request',
    kind: 'bad_input',
    billed: 'unknown',
    matches: ({ status }) => status === 400 || status === 422,
  },
  {
    name: 'server',
    kind: 'transient',
    billed: 'no',
    matches: ({ status }) => status >= 500,
  },
]

const lastRow: Row = { name: 'other', kind: 'transient', billed: 'unknown', matches: () => true }

function isTyped(types: ReadonlySet<string>): boolean {
  return [...types].some((type) => type !== 'value_error' && type !== 'bad_request')
}

function read({ status, headers, text, said }: Refusal): Seen {
  const body = parseJson(text)
  const { detail, error_type: errorType, error, message } = fieldsOf(body)
  const list = Array.isArray(body) ? body : Array.isArray(detail) ? detail : []
  const entries = list.slice(0, 20).map(toEntry)
  const header = headerOf(headers, 'x-fal-error-type')
  const types = [...entries.map(({ type }) => type), errorType, header, said?.type]
  const sentences = [...entries.map((entry) => entry.message), detail, error, message, said?.words]
  return {
    status,
    types: new Set(types.filter(isText)),
    words: [...new Set(sentences.filter(isText))].join('; '),
    entries,
  }
}

function toEntry(value: unknown): Entry {
  const { loc, msg, type } = fieldsOf(value)
  return {
    loc: Array.isArray(loc) ? loc : [],
    message: isText(msg) ? msg : '',
    type: isText(type) ? type : '',
  }
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== ''
}

// Where a list of ours is meant, the number behind its name says which of its images.
function findField(entries: readonly Entry[], fields: FieldMap): string | undefined {
  for (const { loc } of entries) {
    const at = loc.findIndex((step) => typeof step === 'string' && Object.hasOwn(fields, step))
    const ours = fields[String(loc[at])]
    if (at < 0 || ours === undefined) continue
    if (typeof ours === 'string') return ours
    const index = loc[at + 1]
    const only = ours.length === 1 ? ours[0] : undefined
    return (typeof index === 'number' ? ours[index] : only) ?? 'images'
  }
  return undefined
}

function describe({ status, types, words }: Seen, retryable: string | undefined): string {
  const said = words === '' ? '' : `: ${words}`
  const again = retryable === 'false' ? ', not to be tried again' : ''
  return [`fal answered ${status}`, ...types].join(' ') + again + said
}
