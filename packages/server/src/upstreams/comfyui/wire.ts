/** One request to ComfyUI, and what came of it in words that the rest of this folder needs. */
import { NoAnswerError, type HttpAnswer, type HttpRequest } from '../../net/http-client.ts'
import type { UpstreamSettings } from '../adapter.ts'
import { redact } from '../redact.ts'
import type { Call } from '../upstream.ts'
import { retryAfterMs } from './retry-after.ts'
import { parseJson } from './unknowns.ts'

/** An answer, read under a cap. */
export interface Answer {
  kind: 'answer'
  status: number
  headers: HttpAnswer['headers']
  text: string
  isCut: boolean
  /** Undefined if the text is no JSON. */
  json: unknown
}

/** No status came. */
export interface NoAnswer {
  kind: 'no_answer'
  /** Whether the request may have arrived. */
  sent: 'no' | 'maybe'
  note: string
}

/** A look that taught nothing. */
export interface Unseen {
  kind: 'no_answer'
  note: string
  retryAfterMs?: number
}

export type Reply = Answer | NoAnswer

interface Sending {
  method: 'GET' | 'POST'
  path: string
  call: Call & { leaveBy?: number }
  body?: Body
}

type Opened = { kind: 'open'; answer: HttpAnswer } | NoAnswer

type Body = Pick<HttpRequest, 'body' | 'bodyBytes'> & { contentType: string }

const maxJsonBytes = 256 * 1024

/** Speaks to one server. */
export class Wire {
  readonly #settings: UpstreamSettings

  constructor(settings: UpstreamSettings) {
    this.#settings = settings
  }

  get(path: string, call: Call, maxBytes = maxJsonBytes): Promise<Reply> {
    return this.#ask({ method: 'GET', path, call, maxBytes })
  }

  post(path: string, body: unknown, call: Call & { leaveBy?: number }): Promise<Reply> {
    const json = { body: JSON.stringify(body), contentType: 'application/json' }
    return this.#ask({ method: 'POST', path, call, maxBytes: maxJsonBytes, body: json })
  }

  upload(path: string, body: Body, call: Call): Promise<Reply> {
    return this.#ask({ method: 'POST', path, call, maxBytes: maxJsonBytes, body })
  }

  /** The answer with its body still to come. */
  open(path: string, call: Call): Promise<Opened> {
    return this.#send({ method: 'GET', path, call })
  }

  /** A look that was answered with something else than what was asked for. */
  unseen(reply: Reply, what: string): Unseen {
    if (reply.kind === 'no_answer') return { kind: 'no_answer', note: reply.note }
    const rest = reply.status === 200 ? ' and something else' : ''
    return {
      kind: 'no_answer',
      note: `${what} was answered with HTTP ${reply.status}${rest}`,
      ...this.waitOf(reply.headers),
    }
  }

  /** The wait that an answer names, to be spread into what is told of it. */
  waitOf(headers: HttpAnswer['headers']): { retryAfterMs?: number } {
    const waitMs = retryAfterMs(headers, this.#settings.clock())
    return waitMs === undefined ? {} : { retryAfterMs: waitMs }
  }

  async #ask(request: Sending & { maxBytes: number }): Promise<Reply> {
    const sent = await this.#send(request)
    if (sent.kind === 'no_answer') return sent
    const { status, headers } = sent.answer
    const { text, isCut } = await sent.answer.text(request.maxBytes)
    return { kind: 'answer', status, headers, text, isCut, json: parseJson(text) }
  }

  async #send({ method, path, call, body }: Sending): Promise<Opened> {
    const { baseUrl, credential, http } = this.#settings
    const headers: Record<string, string> = {}
    if (credential !== undefined) headers['authorization'] = toAuthorization(credential.secret)
    if (body !== undefined) headers['content-type'] = body.contentType
    try {
      const answer = await http.request({
        method,
        url: `${baseUrl}${path}`,
        headers,
        signal: call.signal,
        timeoutMs: call.timeoutMs,
        ...(body?.body === undefined ? {} : { body: body.body }),
        ...(body?.bodyBytes === undefined ? {} : { bodyBytes: body.bodyBytes }),
        ...(call.leaveBy === undefined ? {} : { notAfter: call.leaveBy }),
      })
      return { kind: 'open', answer }
    } catch (error) {
      if (!(error instanceof NoAnswerError)) throw error
      const note = redact(error.message, { secret: credential?.secret })
      return { kind: 'no_answer', sent: error.sent, note }
    }
  }
}

// ComfyUI itself asks for nothing; this is for whatever stands before it.
function toAuthorization(secret: string): string {
  return /^(basic|bearer) /i.test(secret) ? secret : `Bearer ${secret}`
}
