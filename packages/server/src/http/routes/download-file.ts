import parseRange from 'range-parser'
import { fail } from '../../contract/failure.ts'
import type { ByteRange, OpenFile } from '../../media/media-store.ts'
import { extensionOf } from '../../media/measure.ts'
import { findOutput, type Output } from '../../media/outputs.ts'
import { handle, type Answer } from '../handle.ts'
import type { Services } from '../services.ts'

/** The file behind a signed link. */
export const downloadFile = handle('downloadFile', async (request, services) => {
  const { id, index } = request.params
  const link = {
    generationId: id,
    position: index,
    exp: toText(request.rawQuery['exp']),
    sig: toText(request.rawQuery['sig']),
  }
  if (!/^\d{1,4}$/.test(index) || !services.urls.isValid(link)) throw unavailable()
  const output = await findOutput(services.database.read, id, Number(index))
  if (output === undefined || output.deletesAt <= services.clock()) throw unavailable()
  request.facts.generationId = id
  const etag = `"${output.sha256}"`
  const headers = toHeaders(output, etag, services.clock())
  if (matches(request.header('if-none-match'), etag)) return { status: 304, headers, body: null }
  const ifRange = request.header('if-range')
  const range =
    !request.isHead && (ifRange === undefined || ifRange === etag)
      ? toRange(request.header('range'), output.bytes)
      : undefined
  const answer = toAnswer(output, headers, range)
  const { mediaStore } = services
  if (request.isHead) {
    await getIntact(services, output, async (key) => {
      const bytes = await mediaStore.size(key)
      return bytes === undefined ? undefined : { bytes }
    })
    return answer
  }
  const file = await getIntact(services, output, (key) => mediaStore.open(key))
  return { ...answer, body: file.read(range) }
})

function toAnswer(
  output: Output,
  headers: Record<string, string>,
  range: ByteRange | undefined,
): Answer {
  if (range === undefined) {
    return {
      status: 200,
      headers: { ...headers, 'content-length': String(output.bytes) },
      body: null,
    }
  }
  const { start, end } = range
  return {
    status: 206,
    headers: {
      ...headers,
      'content-length': String(end - start + 1),
      'content-range': `bytes ${start}-${end}/${output.bytes}`,
    },
    body: null,
  }
}

/**
 * What `look` finds of the file, which is asked before anything is answered: a promise of a length
 * and a type cannot be taken back. The file may reach its end between row and look.
 */
async function getIntact<Found extends Pick<OpenFile, 'bytes'> & Partial<OpenFile>>(
  { clock }: Services,
  output: Output,
  look: (key: string) => Promise<Found | undefined>,
): Promise<Found> {
  const found = await look(output.storageKey).catch((error: unknown) => {
    throw unreadable(error)
  })
  if (found?.bytes === output.bytes) return found
  await found?.close?.()
  if (found === undefined && output.deletesAt <= clock()) throw unavailable()
  throw damaged(output, found?.bytes)
}

function unreadable(cause: unknown) {
  return fail('server_error', 'storage_unavailable', {
    message: 'This server cannot read the file at the moment. Try again later.',
    cause,
  })
}

function damaged({ storageKey, bytes }: Output, found: number | undefined) {
  return fail('server_error', 'file_damaged', {
    message:
      'The file should still be kept here, but it is missing or damaged. Asking again will not bring it back; report these ids to whoever runs this server.',
    note: `${storageKey} has ${found ?? 'no'} bytes instead of ${bytes}`,
    shouldRetry: false,
  })
}

/**
 * The file is a picture or a film and nothing else, whatever a browser might make of it: no script,
 * no form, no frame. What opens on its own is a page with a player in it that the browser makes,
 * whose film and styles count as that page's. `sandbox` would stop nothing more, and the film too:
 * Chromium plays none by itself where scripts are forbidden in that way.
 */
const contentSecurityPolicy =
  "default-src 'none'; img-src 'self'; media-src 'self'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"

function toHeaders(output: Output, etag: string, now: number): Record<string, string> {
  const secondsLeft = Math.max(0, Math.floor((output.deletesAt - now) / 1000))
  return {
    'content-type': output.mimeType,
    'accept-ranges': 'bytes',
    etag,
    'content-disposition': `inline; filename="${fileNameOf(output)}"`,
    'cache-control': `private, max-age=${Math.min(secondsLeft, 86_400)}, immutable`,
    'content-security-policy': contentSecurityPolicy,
  }
}

function fileNameOf({ generationId, position, mimeType }: Output): string {
  return `${generationId}-${position}.${extensionOf(mimeType)}`
}

// One range is served. A range that cannot be satisfied, or several, get the whole file, which
// HTTP allows (RFC 9110, 14.2) and which keeps 416 out of a contract that does not have it.
function toRange(header: string | undefined, size: number): ByteRange | undefined {
  if (header === undefined) return undefined
  const ranges = parseRange(size, header)
  if (ranges === -1 || ranges === -2 || ranges.type !== 'bytes' || ranges.length !== 1) {
    return undefined
  }
  return ranges[0]
}

// A parameter given twice arrives as a list, which no link of ours has.
function toText(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

function matches(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false
  return header.split(',').some((tag) => ['*', etag, `W/${etag}`].includes(tag.trim()))
}

function unavailable() {
  return fail('not_found', 'file_unavailable', {
    message:
      'This download link is wrong or has expired, or the file is gone. Read the generation again for a fresh link.',
  })
}
