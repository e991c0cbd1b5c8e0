import { Agent, fetch as undiciFetch, type RequestInfo, type RequestInit } from 'undici'
import { recordExchange } from '../../support/traffic.ts'

/** `fetch` that trusts one certificate and records what a gateway said through the proxy. Closed by its owner. */
export interface TrustingFetch {
  fetch: typeof fetch
  close(): Promise<void>
}

/** Exchanges are recorded unless the path they are seen under is not the gateway's own. */
export function trustingFetch(ca: string, { records }: { records: boolean }): TrustingFetch {
  const dispatcher = new Agent({ connect: { ca } })
  const trusting = async (input: RequestInfo, init?: RequestInit) => {
    const response = await undiciFetch(input, { ...init, dispatcher })
    const type = response.headers.get('content-type') ?? ''
    if (records) {
      recordExchange({
        method: init?.method ?? 'GET',
        path: new URL(response.url).pathname,
        status: response.status,
        headers: Object.fromEntries(response.headers),
        ...(/^(text\/|application\/json)/.test(type)
          ? { body: await response.clone().text() }
          : {}),
      })
    }
    return response
  }
  return {
    // undici's fetch is the one that Node has built in; only the names of the types differ.
    fetch: trusting as unknown as typeof fetch,
    close: () => dispatcher.close(),
  }
}
