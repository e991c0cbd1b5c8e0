/** Sends a job, under an id that was chosen before. */
import { randomUUID } from 'node:crypto'
import type { Call, Json, Submitted, UpstreamFailure, UpstreamJob } from '../upstream.ts'
import { cancel } from './cancel.ts'
import { classifyAnswer } from './failures.ts'
import { filePrefixOf, isPromptId, promptIdOf } from './ids.ts'
import type { FieldOf } from './node-errors.ts'
import { namesIn, placeholders, placeholdersOf } from './placeholders.ts'
import { settingsOf } from './settings.ts'
import { toRecord, toText } from './unknowns.ts'
import { fillGraph, valuesOf } from './values.ts'
import type { Answer, Wire } from './wire.ts'

/** How soon after its submission a job is worth a look, and how often then. */
export const pollAfterMs = { image: 500, video: 2000 }

/** One submission. An id that was sent before would run again, so this is never repeated here. */
export async function submit(
  wire: Wire,
  job: UpstreamJob,
  prepared: Json,
  call: Call & { leaveBy: number },
): Promise<Submitted> {
  const id = promptIdOf(job.id)
  const settings = settingsOf(job.route)
  const values = valuesOf(job, settings, imagesOf(prepared))
  const body = {
    prompt: fillGraph(settings, values, filePrefixOf(id)),
    prompt_id: id,
    // Without one, news of the job would go to everybody who listens. No `number`: two of the same
    // would end the server's worker.
    client_id: randomUUID(),
  }
  const reply = await wire.post('/prompt', body, call)
  if (reply.kind === 'no_answer') {
    const trace = reply.sent === 'no' ? 'none' : 'possible'
    return failed({ kind: 'transient', note: reply.note, job: trace, billed: 'no' })
  }
  return judge(reply, { wire, job, call })
}

/** The names of the uploaded images, by placeholder. */
function imagesOf(prepared: Json): Map<string, string> {
  const found = Object.entries(toRecord(prepared) ?? {})
  return new Map(found.map(([name, file]) => [name, toText(file)]))
}

async function judge(
  reply: Answer,
  { wire, job, call }: { wire: Wire; job: UpstreamJob; call: Call },
): Promise<Submitted> {
  const failure = {
    ...classifyAnswer(reply, { fieldOf: fieldsOf(job) }),
    ...wire.waitOf(reply.headers),
  }
  if (reply.status !== 200) return failed(failure)
  const body = toRecord(reply.json) ?? {}
  if (!isPromptId(body['prompt_id'])) return failed({ ...failure, job: 'possible' })
  const ref = { id: body['prompt_id'], extra: { type: job.type } }
  if (Object.keys(toRecord(body['node_errors']) ?? {}).length === 0) {
    return { kind: 'accepted', ref, pollAfterMs: pollAfterMs[job.type] }
  }
  // It runs what is left of the workflow, and that would count as a success.
  await withdraw(wire, ref.id, call)
  return failed({ ...failure, job: 'ended' })
}

function failed(failure: UpstreamFailure): Submitted {
  return { kind: 'failed', failure }
}

// The answer is known already, whatever becomes of this.
async function withdraw(wire: Wire, id: string, call: Call): Promise<void> {
  try {
    await cancel(wire, { id }, call)
  } catch (error) {
    if (!call.signal.aborted) throw error
  }
}

/** Which of the client's fields an input of the workflow got its value from. */
function fieldsOf(job: UpstreamJob): FieldOf {
  const { graph } = settingsOf(job.route)
  const images = placeholdersOf(job.images)
  return (node, input) => {
    const value = Object.hasOwn(graph, node) ? graph[node]?.inputs[input] : undefined
    for (const name of namesIn(value ?? null)) {
      const index = images.indexOf(name)
      const field = index === -1 ? placeholders.get(name)?.field : `images[${index}]`
      if (field !== undefined) return field
    }
    return undefined
  }
}
