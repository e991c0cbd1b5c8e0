import { falAnswers } from '../answers/fal.ts'
import { replaced } from '../acts.ts'
import type { Ending, Job } from '../jobs.ts'
import { nameOf, typeOf } from '../outputs.ts'
import type { Act, Verdict } from '../script.ts'
import { json, type Answer, type Call } from './wire.ts'

/** What the response_url of an ended job answers. */
export async function toResult(call: Call, job: Job, ending: Ending): Promise<Answer> {
  const failure = failureOf(ending.verdict)
  if (failure !== undefined)
    return replaced({ status: 0, headers: {}, body: Buffer.alloc(0) }, failure)
  const isFlagged = ending.verdict.name === 'nsfw-flag'
  const files = await Promise.all(ending.outputs.map((_, index) => describe(call, job, index)))
  if (job.wanted.kind === 'film') return json(200, { video: files[0] ?? null, seed: job.number })
  return json(200, {
    images: files,
    timings: { inference: 0.42 },
    seed: job.number,
    has_nsfw_concepts: files.map(() => isFlagged),
    prompt: promptOf(job),
  })
}

/** What the status of a failed job has beside COMPLETED; nothing where it went well. */
export function runError(verdict: Verdict): { error?: string; error_type?: string } {
  const failure = failureOf(verdict)
  if (failure === undefined) return {}
  const type = failure.headers?.['x-fal-error-type'] ?? 'internal_server_error'
  return { error: verdict.message ?? `The request failed: ${type}.`, error_type: type }
}

function failureOf({ name, field = 'prompt', type, message, retryable }: Verdict): Act | undefined {
  switch (name) {
    case 'ok':
    case 'nsfw-flag':
    case 'empty':
      return undefined
    case 'moderated':
      return falAnswers.moderated()
    case 'moderated-as-empty':
      return falAnswers.noMedia()
    case 'invalid-field':
      return falAnswers.invalidField(field, type ?? 'value_error', message ?? 'Not a valid value')
    case 'timed-out':
      return falAnswers.generationTimeout(retryable)
    case 'runner-lost':
      return falAnswers.runnerDisconnected(retryable)
    case 'interrupted':
      return falAnswers.cancelled()
    case 'failed':
    case 'failed-billed':
    case 'failed-with-outputs':
    case 'out-of-memory':
      return falAnswers.internalError(retryable)
  }
}

async function describe({ account, base }: Call, job: Job, index: number): Promise<object> {
  const output = job.ending?.outputs[index]
  if (output === undefined) return {}
  const name = nameOf(index, output)
  const bytes = await account.outputs.bytesOf(job, index)
  const size = output.kind === 'film' ? {} : { width: output.width, height: output.height }
  return {
    url: `${base}/files/${job.number}/${name}`,
    ...size,
    content_type: typeOf(output),
    file_name: name,
    file_size: bytes.length,
  }
}

function promptOf({ text }: Job): unknown {
  // The text is the path, a line feed and the body, which was read as JSON before.
  const input = JSON.parse(text.slice(text.indexOf('\n') + 1)) as { prompt?: unknown }
  return input.prompt
}
