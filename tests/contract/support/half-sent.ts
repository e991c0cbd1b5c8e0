import { request } from 'node:http'
import type { ApiAnswer } from '../../support/api.ts'
import { recordExchange } from '../../support/traffic.ts'

/** A request whose caller is known to the gateway, and whose body has arrived in part. */
export interface HalfSent {
  /** Sends the rest; resolves with the answer. */
  finish(): Promise<ApiAnswer>
}

/**
 * Sends the head of a POST and, once the gateway has asked for the body, the first half of that.
 * It asks in the same turn in which it looks the key up, so what happens from here on happens later.
 */
export async function sendHalf(
  { baseURL, key }: { baseURL: string; key: string },
  path: string,
  body: object,
  headers: Record<string, string> = {},
): Promise<HalfSent> {
  const bytes = Buffer.from(JSON.stringify(body))
  const middle = Math.floor(bytes.length / 2)
  const sending = request(`${baseURL}${path}`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${key}`,
      'content-type': 'application/json',
      'content-length': bytes.length,
      expect: '100-continue',
      ...headers,
    },
  })
  const answer = new Promise<ApiAnswer>((resolve, reject) => {
    sending.on('error', reject)
    sending.on('response', (response) => {
      const chunks: Buffer[] = []
      response.on('error', reject)
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString()
        const status = response.statusCode ?? 0
        // Nothing that the gateway sends has a header twice.
        const received = response.headers as Record<string, string>
        recordExchange({ method: 'POST', path, status, headers: received, body: text })
        resolve({ status, headers: new Headers(received), body: JSON.parse(text), text })
      })
    })
  })
  sending.flushHeaders()
  await Promise.race([new Promise((resolve) => sending.once('continue', resolve)), answer])
  sending.write(bytes.subarray(0, middle))
  return {
    finish() {
      sending.end(bytes.subarray(middle))
      return answer
    },
  }
}
