import parseRange from 'range-parser'
import { fail } from '../../contract/failure.ts'
import type { ByteRange } from '../../media/media-store.ts'
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
  const etag = `"${output.sha256}"`
  const headers = toHeaders(output, etag, services.clock())
  if (matches(request.header('if-none-match'), etag)) return { status: 304, headers, body: null }
  const ifRange = request.header('if-range')
  const range =
    ifRange === undefined || ifRange === etag
      ? toRange(request.header('range'), output.bytes)
      : undefined
  return sendFile(services, output, headers, range)
})

async function sendFile(
  { mediaStore }: Services,
  output: Output,
  headers: Record<string, string>,
  range: ByteRange | undefined,
): Promise<Answer> {
  const body = await mediaStore.open(output.storageKey, range)
  if (body === undefined) throw unavailable()
  if (range === undefined) {
    return { status: 200, headers: { ...headers, 'content-length': String(output.bytes) }, body }
  }
  const { start, end } = range
  return {
    status: 206,
    headers: {
      ...headers,
      'content-length': String(end - start + 1),
      'content-range': `bytes ${start}-${end}/${output.bytes}`,
    },
    body,
  }
}

function toHeaders(output: Output, etag: string, now: number): Record<string, string> {
  const secondsLeft = Math.max(0, Math.floor((output.deletesAt - now) / 1000))
  return {
    'content-type': output.mimeType,
    'accept-ranges': 'bytes',
    etag,
    'content-disposition': `inline; filename="${output.storageKey}"`,
    'cache-control': `private, max-age=${Math.min(secondsLeft, 86_400)}, immutable`,
    // The file is a picture or a film and nothing else, whatever a browser might make of it.
    'content-security-policy': "default-src 'none'; sandbox",
  }
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
