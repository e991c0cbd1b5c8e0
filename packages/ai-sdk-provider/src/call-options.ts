import { InvalidArgumentError } from '@ai-sdk/provider'
import type { CallOptions, CreateOptions } from '@filmgate/client'

/** What every call of the AI SDK brings along. */
export interface SdkCall {
  abortSignal?: AbortSignal
  headers?: Record<string, string | undefined>
}

/** The client's options for a call. */
export function toCallOptions({ abortSignal, headers }: SdkCall): CallOptions {
  return { signal: abortSignal, headers }
}

/** The client's options for a call that creates. The key is the caller's, or else the AI SDK's own. */
export function toCreateOptions(call: SdkCall, key: string | undefined): CreateOptions {
  const headers = Object.entries(call.headers ?? {})
  const sent = headers.find(([name]) => name.toLowerCase() === 'idempotency-key')
  return { ...toCallOptions(call), idempotencyKey: key ?? sent?.[1] }
}

/**
 * Refuses several in one call. The AI SDK asks for them one by one, unless it is told that more fit
 * into a call; a picture too few with a warning would be a poorer answer than none that is paid for.
 */
export function assertSingle(n: number, option: 'maxImagesPerCall' | 'maxVideosPerCall'): void {
  if (n === 1) return
  const message = `Filmgate makes one per request, and ${n} were asked for in one call. Leave out ${option}: the AI SDK then sends one request for each.`
  throw new InvalidArgumentError({ argument: 'n', message })
}
