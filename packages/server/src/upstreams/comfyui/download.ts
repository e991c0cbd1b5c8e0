import { redact } from '../redact.ts'
import type { Call, Downloaded, Json } from '../upstream.ts'
import { withoutMetadata } from './metadata/without-metadata.ts'
import { parseSavedFile } from './verdict.ts'
import type { Wire } from './wire.ts'

/** Fetches one file, without what ComfyUI has written into it of the operator's workflow. */
export async function download(wire: Wire, source: Json, call: Call): Promise<Downloaded> {
  const file = parseSavedFile(source)
  if (file === undefined) return { kind: 'gone', note: 'this is no file of ComfyUI' }
  const { filename, subfolder, type } = file
  const query = new URLSearchParams({ filename, subfolder, type })
  const opened = await wire.open(`/view?${query.toString()}`, call)
  if (opened.kind === 'no_answer') return { kind: 'no_answer', note: opened.note }
  const { answer } = opened
  if (answer.status === 200) return { kind: 'file', body: withoutMetadata(answer.body()) }
  answer.discard()
  const note = `the file ${redact(filename)} was answered with HTTP ${answer.status}`
  // 400 and 404 are for names of no file; all else says nothing about it.
  const isGone = answer.status === 400 || answer.status === 404 || answer.status === 410
  return isGone
    ? { kind: 'gone', note }
    : { kind: 'no_answer', note, ...wire.waitOf(answer.headers) }
}
