import type { Readable } from 'node:stream'
import { Client } from 'undici'
import type { AddressGuard } from '../../net/address-guard.ts'
import { pinnedConnector } from '../../net/pinned-connector.ts'
import { readCapped } from '../../net/read-capped.ts'
import type { Lookup } from '../../net/resolve-host.ts'
import { parseImageUrl, parseRedirect, type ImageAddress } from './parse-image-url.ts'
import { resolveImageHost } from './resolve-image-host.ts'
import { notAPicture, ImageRefusal, toMegabytes, type ReferenceImageSettings } from './settings.ts'
import { sniffImage, sniffLength } from './sniff-image.ts'

export interface FetchEnvironment {
  settings: ReferenceImageSettings
  guard: AddressGuard
  lookup: Lookup
}

/** What one hop came to: the picture, or another place to look. */
type Hop = { bytes: Buffer } | { next: ImageAddress }

/** What the hops of one picture share. */
interface Trip {
  environment: FetchEnvironment
  /** The deadline's and the caller's. */
  signal: AbortSignal
}

/**
 * Fetches one picture: each hop is parsed, resolved, checked and connected to the checked address,
 * and the body is read under a cap.
 */
export async function fetchImage(
  text: string,
  environment: FetchEnvironment,
  caller: AbortSignal,
): Promise<Buffer> {
  const deadline = AbortSignal.timeout(environment.settings.timeoutMs)
  const signal = AbortSignal.any([caller, deadline])
  try {
    return await followHops(text, { environment, signal })
  } catch (error) {
    if (error === deadline.reason) throw unreachable('took too long', error)
    throw error
  }
}

async function followHops(text: string, trip: Trip): Promise<Buffer> {
  const { settings, guard } = trip.environment
  let target = parseImageUrl(text, guard)
  for (let redirects = 0; redirects <= settings.maxRedirects; redirects++) {
    const hop = await fetchHop(target, trip)
    if ('bytes' in hop) return hop.bytes
    target = hop.next
  }
  throw new ImageRefusal(
    `redirects more than ${settings.maxRedirects} times; give its final address`,
  )
}

async function fetchHop(target: ImageAddress, trip: Trip): Promise<Hop> {
  const { environment, signal } = trip
  const { settings, guard, lookup } = environment
  const addresses = await resolveImageHost(target, { guard, lookup, signal })
  // One client per hop: no pool means that no connection outlives the check that allowed it, and
  // no cookie jar or credential can ever be shared between strangers.
  const client = new Client(target.url.origin, {
    connect: pinnedConnector(addresses, {
      timeoutMs: settings.timeoutMs,
      isAllowed: (address) => guard.isAllowedAddress(address, target.isListed),
    }),
    pipelining: 0,
    maxHeaderSize: 16 * 1024,
    // The deadline covers both.
    headersTimeout: 0,
    bodyTimeout: 0,
  })
  try {
    const response = await client
      .request({
        method: 'GET',
        path: `${target.url.pathname}${target.url.search}`,
        headers: {
          'user-agent': settings.userAgent,
          accept: 'image/png, image/jpeg, image/webp, image/gif;q=0.8, image/avif;q=0.5',
          'accept-encoding': 'identity',
        },
        signal,
      })
      .catch((cause: unknown) => {
        signal.throwIfAborted()
        throw unreachable(toNote(cause), cause)
      })
    return await readResponse(response, target, trip)
  } finally {
    // Not awaited further: nothing of this hop is needed any more, whatever state it is in.
    client.destroy().catch(() => undefined)
  }
}

interface HttpResponse {
  statusCode: number
  headers: Record<string, string | string[] | undefined>
  body: Readable
}

async function readResponse(
  { statusCode, headers, body }: HttpResponse,
  target: ImageAddress,
  { environment, signal }: Trip,
): Promise<Hop> {
  // Destroying the client ends the body with an error that nobody else listens for.
  body.on('error', () => undefined)
  const location = headers['location']
  if ([301, 302, 303, 307, 308].includes(statusCode) && typeof location === 'string') {
    return { next: parseRedirect(location, target, environment.guard) }
  }
  if (statusCode !== 200) throw unreachable(`answered ${statusCode}`)
  const encoding = headers['content-encoding']
  if (encoding !== undefined && encoding !== 'identity') {
    throw new ImageRefusal('is sent with a Content-Encoding; pictures have to be sent as they are')
  }
  const { maxBytes } = environment.settings
  const declared = headers['content-length'] === undefined ? NaN : Number(headers['content-length'])
  if (declared > maxBytes) throw tooLarge(maxBytes)
  return { bytes: await readBody(body, maxBytes, signal) }
}

/** Reads under the cap and stops at the first bytes that are no picture, so junk costs no transfer. */
async function readBody(body: Readable, maxBytes: number, signal: AbortSignal): Promise<Buffer> {
  let isKnown = false
  const sniff = (soFar: readonly Buffer[], length: number) => {
    if (isKnown || length < sniffLength) return
    if (sniffImage(Buffer.concat(soFar)) === undefined) throw notAPicture()
    isKnown = true
  }
  let bytes: Buffer
  try {
    bytes = await readCapped(body, { maxBytes, tooLong: () => tooLarge(maxBytes), onPart: sniff })
  } catch (cause) {
    if (cause instanceof ImageRefusal) throw cause
    signal.throwIfAborted()
    throw unreachable(toNote(cause), cause)
  }
  if (bytes.length === 0) throw new ImageRefusal('is empty')
  return bytes
}

/** One sentence for every way in which a host can fail, so that it tells nothing about the host. */
export function unreachable(note: string, cause?: unknown): ImageRefusal {
  return new ImageRefusal('could not be fetched; check that its address works without a log-in', {
    note,
    cause,
  })
}

function tooLarge(maxBytes: number): ImageRefusal {
  return new ImageRefusal(`is larger than ${toMegabytes(maxBytes)}`)
}

function toNote(cause: unknown): string {
  return cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause)
}
