import type { StagedFile } from '../../media/media-store.ts'
import type { UpstreamSettings } from '../adapter.ts'
import { dataPrefix, decodeBase64 } from '../json/decode-base64.ts'
import { StagedString } from '../json/string-spool.ts'
import type { UpstreamOutput } from '../upstream.ts'
import { isRecord } from './error-words.ts'

/** A picture and the upstream's own name for the run that made it. */
export interface Result {
  output: UpstreamOutput
  id: string | undefined
}

/**
 * The picture of an answer, undefined if there is none. One was asked for: what some servers send
 * besides is discarded.
 */
export async function takeResult(
  { value, files }: { value: unknown; files: readonly StagedFile[] },
  { store, baseUrl }: Pick<UpstreamSettings, 'store' | 'baseUrl'>,
): Promise<Result | undefined> {
  const output = findOutput(value, baseUrl)
  const kept = output?.kind === 'staged' ? output.file : undefined
  for (const file of files) if (file !== kept) await store.discard(file)
  if (output === undefined) return undefined
  return { output, id: toId(isRecord(value) ? value['id'] : undefined) }
}

/** An answer as text, for those who look for an error in it. */
export function toPlainText(value: unknown): string {
  return JSON.stringify(value, (_, found: unknown) =>
    found instanceof StagedString ? undefined : found,
  )
}

function findOutput(value: unknown, baseUrl: string): UpstreamOutput | undefined {
  const data = isRecord(value) ? value['data'] : undefined
  if (!Array.isArray(data)) return undefined
  for (const entry of data.filter(isRecord)) {
    const output =
      toInline(entry['b64_json']) ??
      toInline(dataUrlOf(entry['url'])) ??
      toRemote(entry['url'], baseUrl)
    if (output !== undefined) return output
  }
  return undefined
}

// Only a file is as long as a string that went to disk; a short address may look like base64 itself.
function dataUrlOf(url: unknown): unknown {
  return url instanceof StagedString || dataPrefix.test(String(url)) ? url : undefined
}

/** Base64, in a field of its own or in a `data:` URL. */
function toInline(value: unknown): UpstreamOutput | undefined {
  if (value instanceof StagedString) return { kind: 'staged', file: value.file }
  if (typeof value !== 'string') return undefined
  const bytes = decodeBase64(value)
  return bytes === undefined || bytes.byteLength === 0 ? undefined : { kind: 'bytes', bytes }
}

/** An address, relative to the upstream's where it is not whole. */
function toRemote(value: unknown, baseUrl: string): UpstreamOutput | undefined {
  if (typeof value !== 'string' || value === '' || value.length > 8192) return undefined
  if (dataPrefix.test(value) || !URL.canParse(value, `${baseUrl}/`)) return undefined
  const url = new URL(value, `${baseUrl}/`)
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return undefined
  if (url.username !== '' || url.password !== '') return undefined
  url.hash = ''
  return { kind: 'remote', source: { url: url.href } }
}

function toId(value: unknown): string | undefined {
  return typeof value === 'string' && /^[\w.-]{1,200}$/u.test(value) ? value : undefined
}
