import { NoAnswerError, type HttpRequest } from '../../net/http-client.ts'
import type { UpstreamSettings } from '../adapter.ts'
import { redact } from '../redact.ts'
import type { Call } from '../upstream.ts'

export type Headers = Readonly<Record<string, string | string[] | undefined>>

/** An answer whose status arrived, whatever became of its body. */
export interface Reply {
  kind: 'reply'
  status: number
  headers: Headers
  text: string
  isCut: boolean
}

/** No status arrived. */
export interface Silence {
  kind: 'silence'
  /** `no`: the request certainly never left. */
  sent: 'no' | 'maybe'
  note: string
}

/** `notAfter` is on the clock of `performance.now()`. */
export type Question = Omit<HttpRequest, 'url' | 'signal' | 'timeoutMs' | 'idleMs'> & {
  url: string
}

const maxAnswerBytes = 256 * 1024
const longestSilenceMs = 30_000

/** Where files are uploaded; a server that stands in for fal stands in for this as well. */
const storageUrls: Readonly<Record<string, string>> = {
  'https://queue.fal.run': 'https://rest.fal.ai',
}

/** Requests to fal's own addresses, which alone get the key. */
export class Wire {
  readonly settings: UpstreamSettings
  readonly storageUrl: string
  readonly #origins: ReadonlySet<string>

  constructor(settings: UpstreamSettings) {
    this.settings = settings
    this.storageUrl = storageUrls[settings.baseUrl] ?? settings.baseUrl
    this.#origins = new Set([new URL(settings.baseUrl).origin, new URL(this.storageUrl).origin])
  }

  /** Exactly one request. Throws only the reason of the call's signal. */
  async ask(question: Question, call: Call): Promise<Reply | Silence> {
    const { origin } = new URL(question.url)
    if (!this.#origins.has(origin))
      throw new Error(`${origin} is not fal's and must not get the key`)
    const { credential, http } = this.settings
    try {
      const answer = await http.request({
        ...question,
        headers: {
          accept: 'application/json',
          ...(credential === undefined ? {} : { authorization: `Key ${credential.secret}` }),
          ...question.headers,
        },
        signal: call.signal,
        timeoutMs: call.timeoutMs,
        idleMs: longestSilenceMs,
      })
      const { text, isCut } = await answer.text(maxAnswerBytes)
      return { kind: 'reply', status: answer.status, headers: answer.headers, text, isCut }
    } catch (error) {
      return this.toSilence(error, call)
    }
  }

  /** What a request that threw says; throws on if that is no fault of the other side. */
  toSilence(error: unknown, call: Call): Silence {
    call.signal.throwIfAborted()
    if (!(error instanceof NoAnswerError)) throw error
    return { kind: 'silence', sent: error.sent, note: this.note(`no answer: ${error.message}`) }
  }

  /** Words of the other side, fit to be kept. */
  note(words: string, prompt?: string): string {
    return redact(words, { secret: this.settings.credential?.secret, prompt })
  }
}

/** One header; the first where it came twice. */
export function headerOf(headers: Headers, name: string): string | undefined {
  const value = headers[name]
  return typeof value === 'string' ? value : value?.[0]
}

/** The wait that an answer names, in milliseconds. */
export function retryAfterOf(headers: Headers, now: number): number | undefined {
  const text = headerOf(headers, 'retry-after')?.trim()
  if (text === undefined || text === '') return undefined
  const ms = /^\d{1,9}(?:\.\d{1,6})?$/u.test(text) ? Number(text) * 1000 : Date.parse(text) - now
  return Number.isFinite(ms) && ms >= 0 && ms <= longestWaitMs ? Math.ceil(ms) : undefined
}

const longestWaitMs = 24 * 60 * 60 * 1000
