/** What the entry of a job in the history says. */
import type { Polled, UpstreamOutput } from '../upstream.ts'
import { classifyEnd } from './endings.ts'
import { toList, toRecord, toText, type Unknowns } from './unknowns.ts'

/** A file that a job has saved, as ComfyUI names it. */
export interface SavedFile {
  filename: string
  subfolder: string
  type: 'output' | 'temp'
}

/** More files than that are not what one order asked for. */
const maxFiles = 64

/**
 * The verdict. The status is looked at first: a job that failed, or was interrupted, may have saved
 * files before. Undefined for a status that nobody knows, which tells nothing.
 */
export function toVerdict(entry: Unknowns): Polled | undefined {
  const status = toRecord(entry['status']) ?? {}
  if (status['status_str'] === 'error') return { kind: 'failed', failure: classifyEnd(status) }
  if (status['status_str'] !== 'success') return undefined
  const files = resultFiles(toRecord(entry['outputs']) ?? {})
  if (files.length === 0) {
    const failure = classifyEnd({ messages: [['execution_success', {}]] })
    return { kind: 'failed', failure }
  }
  return { kind: 'done', outputs: files.map(toOutput), billed: 'no' }
}

function toOutput({ filename, subfolder, type }: SavedFile): UpstreamOutput {
  return { kind: 'remote', source: { filename, subfolder, type } }
}

/**
 * The files that are the result: what was saved rather than previews, and films rather than the
 * pictures that a workflow saves beside them. Each kind of saver lists its files under a word of its own.
 */
function resultFiles(outputs: Unknowns): SavedFile[] {
  const files = Object.values(outputs)
    .flatMap((node) => Object.values(toRecord(node) ?? {}))
    .flatMap(toList)
    .flatMap((file) => parseSavedFile(file) ?? [])
  const saved = files.filter(({ type }) => type === 'output')
  const kept = saved.length > 0 ? saved : files
  const films = kept.filter(({ filename }) => /\.(?:mp4|m4v|mov|mkv|webm)$/i.test(filename))
  return (films.length > 0 ? films : kept).slice(0, maxFiles)
}

/** A file as ComfyUI or a stored source names it; undefined if it is none that may be asked for. */
export function parseSavedFile(value: unknown): SavedFile | undefined {
  const { filename, subfolder, type } = toRecord(value) ?? {}
  const [name, folder] = [toText(filename), toText(subfolder)]
  if (type !== 'output' && type !== 'temp') return undefined
  if (!/^[^\p{Cc}/\\]{1,255}$/u.test(name) || !/^[^\p{Cc}]{0,500}$/u.test(folder)) return undefined
  return { filename: name, subfolder: folder, type }
}
