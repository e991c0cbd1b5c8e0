/** What an answer that brings a file says of it: of what kind, which part, how long, which version. */
import type { Failure } from './errors.ts'

/** Which part of a file comes. */
export interface Extent {
  from: number
  /** How many bytes there are when a part has come. */
  due?: number
  totalBytes: number | undefined
}

/** Where in the file an answer begins and ends, and how long the file is. */
export function extentOf({ status, headers }: Response): Extent {
  if (status === 206) {
    const range = /^bytes (\d+)-(\d+)\/(\d+|\*)$/.exec(headers.get('Content-Range') ?? '')
    // A part that does not say which is one of nothing.
    const [, from = NaN, last = NaN, total] = range ?? []
    return { from: Number(from), due: Number(last) + 1, totalBytes: whole(total) }
  }
  if (status === 416) {
    const range = /^bytes \*\/(\d+)$/.exec(headers.get('Content-Range') ?? '')
    return { from: NaN, totalBytes: whole(range?.[1]) }
  }
  return {
    from: 0,
    totalBytes: isPacked(headers) ? undefined : whole(headers.get('Content-Length')),
  }
}

function isPacked(headers: Headers): boolean {
  return !/^(identity)?$/i.test(headers.get('Content-Encoding') ?? '')
}

function whole(text: string | null | undefined): number | undefined {
  return text && /^\d+$/.test(text) ? Number(text) : undefined
}

/** The name of these very bytes: a weak one promises the same picture only. */
export function strongEtag({ headers }: Response): string | undefined {
  const etag = headers.get('ETag')
  return etag?.startsWith('"') ? etag : undefined
}

/** A login page must not become a film. */
export function wrongKind(response: Response, kind: string | undefined): Failure | undefined {
  if (kind === 'any') return undefined
  const { status, headers } = response
  if (isPacked(headers)) {
    return fail('The file comes packed, so that nobody could tell whether all of it came.')
  }
  const type = typeOf(response)
  const isPage = /^(text\/|multipart\/|application\/.*(json|xml|html|script))/.test(type)
  const isOther = kind !== undefined && !isVagueType(response) && !type.startsWith(`${kind}/`)
  if (!isPage && !isOther) return undefined
  const wanted = kind ? `a file of type ${kind}/…` : 'a file'
  const found = type.slice(0, 99).replaceAll(/[^!-~]+/g, ' ')
  return { ...fail(`The link does not lead to ${wanted}, but to ${found}.`), status, headers }
}

function typeOf({ headers }: Response): string {
  return headers.get('Content-Type')?.split(';')[0]?.trim().toLowerCase() ?? ''
}

/** Whether the answer does not say what it is: stores that do not know what they keep call it octet-stream. */
export function isVagueType(response: Response): boolean {
  const type = typeOf(response)
  return type === '' || type.endsWith('/octet-stream')
}

/** That no other try would mend. */
export function fail(message: string): Failure {
  return { code: 'connection_error', message, retryable: false }
}
