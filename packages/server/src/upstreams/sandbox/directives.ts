import { errorCatalog, errorCodes, type ErrorCode } from '../../contract/errors.ts'
import { fail } from '../../contract/failure.ts'
import { shorten } from '../../contract/shorten.ts'

/** Faults of an upstream that the gateway has to absorb. */
export const upstreamFaults = {
  503: 'the submission is refused with 503',
  429: 'the submission is refused with 429',
  reset: 'the connection breaks after the job was taken',
  timeout: 'the submission times out and the job was not taken',
  html: 'the submission is answered with a page of HTML, though the job was taken',
  garbage: 'the result is no picture or film',
  empty: 'the result is an empty list',
  truncated: 'the result is cut off',
  poll_503: 'polls are answered with 503',
  lost: 'the upstream forgets the job',
  unknown: 'the connection breaks and nobody can tell whether the job was taken',
} as const
export type UpstreamFault = `${keyof typeof upstreamFaults}`

/** An instruction in a prompt, only for the sandbox. */
export type Directive =
  | {
      kind: 'code'
      code: ErrorCode
      /** The first so many requests with this prompt; all when absent. */
      times?: number
      /** Seconds, for rate_limit. */
      retryAfter?: number
      /** Brings a video's failure about before the POST is answered. */
      atSubmit: boolean
    }
  | { kind: 'delay'; ms: number }
  | { kind: 'stall' }
  | { kind: 'upstream'; fault: UpstreamFault; times: number }
  | { kind: 'expired' }

const bracketed = /\[\[([^[\]]{1,200})\]\]/g

/** The prompt without its directives. */
export function withoutDirectives(prompt: string): string {
  return prompt.replaceAll(bracketed, ' ').replaceAll(/\s+/g, ' ').trim()
}

/** The directives of a prompt in order. A misspelt one is refused: a test that tests nothing is worse. */
export function parseDirectives(prompt: string): Directive[] {
  return [...prompt.matchAll(bracketed)].map((match) => parseDirective((match[1] ?? '').trim()))
}

function parseDirective(text: string): Directive {
  const [name = '', ...words] = text.split(/\s+/)
  const positional = words.filter((word) => !word.includes('='))
  const options = new Options(
    text,
    words.filter((word) => word.includes('=')),
  )
  const directive = toDirective(name, positional, options)
  if (directive === undefined) {
    throw misspelt(
      text,
      `Directives are ${errorCodes.join(', ')}, delay, stall, expired, and upstream with one of ${Object.keys(upstreamFaults).join(', ')}.`,
    )
  }
  options.assertAllUsed()
  return directive
}

function toDirective(name: string, positional: string[], options: Options): Directive | undefined {
  if (name === 'upstream' && positional.length === 1) {
    const fault = positional[0]
    if (!isFault(fault)) return undefined
    return { kind: 'upstream', fault, times: options.integer('times', 1, 100) ?? 1 }
  }
  if (positional.length > 0) return undefined
  if (name === 'delay') return { kind: 'delay', ms: options.integer('ms', 0, 3_600_000) ?? 1000 }
  if (name === 'stall' || name === 'expired') return { kind: name }
  return isCode(name) ? toCodeDirective(name, options) : undefined
}

function toCodeDirective(code: ErrorCode, options: Options): Directive {
  const times = options.integer('times', 1, 1000)
  const retryAfter = code === 'rate_limit' ? options.integer('retry_after', 1, 60) : undefined
  return {
    kind: 'code',
    code,
    ...(times === undefined ? {} : { times }),
    ...(retryAfter === undefined ? {} : { retryAfter }),
    atSubmit: options.word('at', 'submit'),
  }
}

function isCode(name: string): name is ErrorCode {
  return Object.hasOwn(errorCatalog, name)
}

function isFault(name: string | undefined): name is UpstreamFault {
  return name !== undefined && Object.hasOwn(upstreamFaults, name)
}

/** The `key=value` words of one directive. */
class Options {
  readonly #text: string
  readonly #values: Map<string, string>

  constructor(text: string, words: string[]) {
    this.#text = text
    this.#values = new Map(
      words.map((word) => [word.slice(0, word.indexOf('=')), word.slice(word.indexOf('=') + 1)]),
    )
  }

  integer(key: string, minimum: number, maximum: number): number | undefined {
    const value = this.#take(key)
    if (value === undefined) return undefined
    const number = /^\d{1,9}$/.test(value) ? Number(value) : Number.NaN
    if (number >= minimum && number <= maximum) return number
    throw misspelt(this.#text, `${key} is a whole number from ${minimum} to ${maximum}.`)
  }

  word(key: string, only: string): boolean {
    const value = this.#take(key)
    if (value === undefined) return false
    if (value === only) return true
    throw misspelt(this.#text, `${key} can only be ${only}.`)
  }

  assertAllUsed(): void {
    const [unknown] = this.#values.keys()
    if (unknown !== undefined) {
      throw misspelt(this.#text, `It does not take ${shorten(unknown, 64)}.`)
    }
  }

  #take(key: string): string | undefined {
    const value = this.#values.get(key)
    this.#values.delete(key)
    return value
  }
}

function misspelt(text: string, fix: string) {
  return fail('invalid_parameter', 'unsupported_value', {
    message: `The sandbox does not understand the directive [[${shorten(text, 64)}]]. ${fix}`,
    param: 'prompt',
  })
}
