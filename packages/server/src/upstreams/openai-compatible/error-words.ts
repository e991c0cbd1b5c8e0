/** What an error body says, whichever of these servers wrote it. */
export interface ErrorWords {
  code: string
  type: string
  message: string
  /** The wire's names of the fields at fault. */
  params: readonly string[]
}

/**
 * Understands OpenAI's `{error: {message, type, param, code}}` (LocalAI's has a number as code),
 * FastAPI's `{detail}` with a text or a list of faults, `{error: "text"}` with or without a message,
 * and takes everything else as it is, without a page's tags.
 */
export function toErrorWords(body: string): ErrorWords {
  const value = parse(body)
  if (!isRecord(value)) return fromText(body.slice(0, maxLength))
  const { error = value, detail } = value
  if (isRecord(error)) {
    const { code, type, param, message } = error
    if (message === undefined && detail !== undefined) return fromDetail(detail)
    return {
      code: toText(code),
      type: toText(type),
      message: toText(message),
      params: typeof param === 'string' ? [param] : [],
    }
  }
  const message = [toText(error), toText(value['message'])].filter((text) => text !== '').join(': ')
  return { code: '', type: '', message, params: [] }
}

/** More than any of these servers writes, and cheap to look through. */
const maxLength = 16 * 1024

// Of JSON that was cut, the code may have come: it says whether money is at an end.
function fromText(body: string): ErrorWords {
  const find = (name: string) =>
    new RegExp(`"${name}"\\s{0,9}:\\s{0,9}"([^"\\\\]*)`, 'u').exec(body)?.[1] ?? ''
  if (!body.trimStart().startsWith('{')) {
    return { code: '', type: '', message: body.replaceAll(/<[^<>]*>/gu, ' '), params: [] }
  }
  const param = find('param')
  return {
    code: find('code'),
    type: find('type'),
    message: find('message'),
    params: param === '' ? [] : [param],
  }
}

function fromDetail(detail: unknown): ErrorWords {
  if (!Array.isArray(detail)) return { code: '', type: '', message: toText(detail), params: [] }
  const faults = detail.slice(0, 20).filter(isRecord)
  return {
    code: '',
    type: toText(faults[0]?.['type']),
    message: faults.map(({ msg }) => toText(msg)).join('; '),
    params: faults.flatMap(({ loc }) => toParam(loc)),
  }
}

// Such as ["body", "prompt"], or ["body", "image", 1] for one of several.
function toParam(loc: unknown): string[] {
  if (!Array.isArray(loc)) return []
  const [name, index] = loc.filter((part) => part !== 'body')
  if (typeof name !== 'string') return []
  return [typeof index === 'number' ? `${name.replace(/\[\]$/u, '')}[${index}]` : name]
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body)
  } catch {
    return undefined
  }
}

function toText(value: unknown): string {
  if (typeof value === 'string') return value.slice(0, maxLength)
  return typeof value === 'number' ? String(value) : ''
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
