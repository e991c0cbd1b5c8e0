import type { Agent } from 'undici'
import { createFairShare, type Asker } from '../../fairness/fair-share.ts'
import { readCapped } from '../../net/read-capped.ts'
import { CheckUnavailable } from './check.ts'

/** How to reach a checking service of the operator's. */
export interface EndpointSettings {
  /** The full address that requests are posted to. May be on the private network. */
  url: string
  /** Sent as a bearer token when there is one. */
  apiKey?: string
  /** Sent with every request, for services with other kinds of key. */
  headers?: Readonly<Record<string, string>>
  /** Total time for one answer, from the moment it is asked. */
  timeoutMs?: number
}

export const defaultCheckTimeoutMs = 5000

const maxAnswerBytes = 1024 * 1024

/** Questions under way at once, of everybody, of a workspace and of one kind of its keys; more wait their turn. */
const connections = { total: 32, perWorkspace: 8, perMode: 6 }

/** Posts JSON and reads JSON. Everything but a complete 200 with JSON in time is `CheckUnavailable`. */
export interface Endpoint {
  ask(body: unknown, asker: Asker): Promise<unknown>
  close(): Promise<void>
}

export function createEndpoint(settings: EndpointSettings): Endpoint {
  let opened: Promise<Agent> | undefined
  const turns = createFairShare(connections)
  const { origin, pathname, search } = new URL(settings.url)
  const timeoutMs = settings.timeoutMs ?? defaultCheckTimeoutMs
  const headers = {
    'content-type': 'application/json',
    accept: 'application/json',
    ...(settings.apiKey === undefined ? {} : { authorization: `Bearer ${settings.apiKey}` }),
    ...settings.headers,
  }

  const post = async (body: unknown, signal: AbortSignal): Promise<unknown> => {
    opened ??= openAgent()
    const answer = await (
      await opened
    ).request({
      origin,
      path: `${pathname}${search}`,
      method: 'POST',
      headers,
      body: JSON.stringify(body),
      signal,
    })
    const text = await readCapped(answer.body, {
      maxBytes: maxAnswerBytes,
      tooLong: () => new Error('the answer is too long'),
    })
    if (answer.statusCode !== 200) throw new Error(`answered ${answer.statusCode}`)
    return parseJson(text.toString('utf8'))
  }

  return {
    async ask(body, asker) {
      const { signal } = asker
      const leave = await turns.take(asker)
      // The clock starts when it is asked: a crowd must not make a good service look slow.
      const timeout = AbortSignal.timeout(timeoutMs)
      try {
        return await post(body, AbortSignal.any([signal, timeout]))
      } catch (cause) {
        signal.throwIfAborted()
        const what = timeout.aborted ? `no answer within ${timeoutMs} ms` : toText(cause)
        throw new CheckUnavailable(what, { cause })
      } finally {
        leave()
      }
    },
    close: async () => (await opened)?.destroy(),
  }
}

// Loaded with the first question: the HTTP client is a good part of the start.
async function openAgent(): Promise<Agent> {
  const undici = await import('undici')
  return new undici.Agent({ connections: connections.total, headersTimeout: 0, bodyTimeout: 0 })
}

// The parser's own message quotes the text, and a service may well repeat the prompt in its answer:
// the reason is kept in the audit trail and in the log, where no prompt may be.
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new Error('the answer is not JSON')
  }
}

function toText(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause)
}
