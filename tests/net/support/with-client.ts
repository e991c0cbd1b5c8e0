import { afterEach } from 'vitest'
import {
  createHttpClient,
  NoAnswerError,
  type HttpAnswer,
  type HttpClient,
  type HttpClientOptions,
  type HttpRequest,
} from '../../../packages/server/src/net/http-client.ts'
import { startLyingServer, type Heard, type LyingServer } from './lying-server.ts'

const toClose: { close(): Promise<void> }[] = []

afterEach(async () => {
  for (const each of toClose.splice(0).toReversed()) await each.close()
})

/** A server for one test, closed after it. */
export async function lyingServer(answer: (heard: Heard) => void): Promise<LyingServer> {
  const server = await startLyingServer(answer)
  toClose.push(server)
  return server
}

/** A client for one test, closed after it. */
export function openClient(options: Partial<HttpClientOptions> = {}): HttpClient {
  const client = createHttpClient({ userAgent: 'test/1', ...options })
  toClose.push(client)
  return client
}

/** A GET of this address, unless the rest says otherwise. */
export function asking(url: string, rest: Partial<HttpRequest> = {}): HttpRequest {
  const signal = new AbortController().signal
  return { method: 'GET', url, signal, timeoutMs: 60_000, ...rest }
}

/** The failure of a request that must have no answer. */
export async function noAnswer(answer: Promise<HttpAnswer>): Promise<NoAnswerError> {
  const outcome = await answer.then(
    ({ status }) => `answered ${status}`,
    (error: unknown) => error,
  )
  if (outcome instanceof NoAnswerError) return outcome
  throw new Error('expected a NoAnswerError', { cause: outcome })
}
