import { LoadAPIKeyError } from '@ai-sdk/provider'
import { Filmgate, type FilmgateOptions } from '@filmgate/client'

/** How to reach a Filmgate server. */
export interface FilmgateProviderSettings {
  /**
   * `sk_live_…` or `sk_test_…`, or a function that gives it; FILMGATE_API_KEY when omitted. `null` sends
   * none, for a proxy that adds it.
   */
  apiKey?: FilmgateOptions['apiKey']
  /** Address of the server; FILMGATE_BASE_URL when omitted, or else http://127.0.0.1:4700. */
  baseURL?: string | undefined
  /** Sent with every request to the API, but not with downloads. */
  headers?: FilmgateOptions['defaultHeaders']
  /** Replaces the global fetch. */
  fetch?: typeof fetch | undefined
  /**
   * A `Filmgate` client of your own, for other retries and time limits; everything above is then its
   * business.
   */
  client?: FilmgateClient | undefined
}

/**
 * A client of either half of its package. Each half has types of its own, whose private parts the
 * other does not know; this has none.
 */
export type FilmgateClient = Pick<Filmgate, 'baseURL'>

/** Gives the client of a provider, always the same. */
export type Connect = () => Filmgate

/**
 * Makes the client at its first use: a program may import a provider that it never asks for anything,
 * in a place where no key is known.
 */
export function connector({ client, headers, ...options }: FilmgateProviderSettings): Connect {
  // There is no other client of this form.
  let made = client as Filmgate | undefined
  return () => {
    if (!made) assertKey(options.apiKey)
    made ??= new Filmgate({ ...options, defaultHeaders: headers })
    return made
  }
}

// The client would refuse this as well, but users of the AI SDK know an error for it.
function assertKey(apiKey: FilmgateProviderSettings['apiKey']): void {
  if (apiKey !== undefined || keyOfEnvironment()) return
  const message = 'No Filmgate API key: pass apiKey to createFilmgate, or set FILMGATE_API_KEY.'
  throw new LoadAPIKeyError({ message })
}

interface Environment {
  process?: { env?: Record<string, string | undefined> }
}

function keyOfEnvironment(): string | undefined {
  try {
    // Node, Bun and Deno have it; elsewhere the optional chain ends.
    return (globalThis as Environment).process?.env?.['FILMGATE_API_KEY']?.trim()
  } catch {
    // Deno throws when the program may not read its environment.
    return undefined
  }
}
