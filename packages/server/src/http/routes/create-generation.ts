import { Failure } from '../../contract/failure.ts'
import { fail } from '../../contract/failure.ts'
import type { GenerationType } from '../../contract/generations.ts'
import type { CreateImageRequest } from '../../contract/images.ts'
import type { CreateVideoRequest } from '../../contract/videos.ts'
import type { Generation } from '../../generations/generation.ts'
import { toPendingView, toView } from '../../generations/view.ts'
import type { Answer, OperationRequest } from '../handle.ts'
import type { Services } from '../services.ts'

type CreationRequest = OperationRequest<'createImage'> | OperationRequest<'createVideo'>

/** Seconds after which a pending generation is worth asking for again. */
const pollHintSeconds = 1

/** The body as admission takes it; the union of both kinds, each checked by its own schema before. */
type AnyBody = CreateImageRequest & CreateVideoRequest

/** Quotes a dry run, else accepts; the id is on the answer from here on, whatever follows. */
export async function acceptOrQuote(
  request: CreationRequest,
  services: Services,
  type: GenerationType,
): Promise<{ quote: Answer } | { id: string; isReplay: boolean }> {
  const { dry_run: isDryRun, ...body } = request.body
  const generationRequest = {
    type,
    caller: request.caller,
    body: body as AnyBody,
    idempotencyKey: request.idempotencyKey,
    requestId: request.requestId,
  }
  const onRateLimit = (state: NonNullable<typeof request.facts.rateLimit>) => {
    request.facts.rateLimit = state
  }
  if (isDryRun === true) {
    return { quote: { status: 200, body: await services.quote(generationRequest, onRateLimit) } }
  }
  const accepted = await services.accept(generationRequest, onRateLimit)
  const isReplay = accepted.kind === 'replay'
  const id = isReplay ? accepted.generationId : accepted.generation.id
  request.facts.generationId = id
  request.facts.billed = false
  if (isReplay) request.facts.replayed = true
  return { id, isReplay }
}

/** Answers 202, once the content checks are passed; throws the failure if they were not. */
export async function answerAccepted(
  { signal, facts }: CreationRequest,
  services: Services,
  id: string,
): Promise<Answer> {
  const generation = await services.checked(id, signal)
  if (generation === undefined) throw stoppedWaiting()
  // A replay may find it ended already; what failed before the first 202 fails again.
  if (generation.status === 'failed' && generation.checkedAt === null) {
    throw failureOf(generation, facts)
  }
  // The body of a replay is the first answer's, but the bill is told as it is now.
  recordBilled(generation, facts)
  return toPendingAnswer({ ...generation, progress: null, queuePosition: null })
}

/** Answers with the end if it comes within the wait that was asked for, else with 202. */
export async function answerWithin(
  request: CreationRequest,
  services: Services,
  { id, seconds }: { id: string; seconds: number },
): Promise<Answer> {
  const checkedAnswer = await answerAccepted(request, services, id)
  const signal = AbortSignal.any([request.signal, AbortSignal.timeout(seconds * 1000)])
  const generation = await services.ended(id, signal)
  const headers = { 'preference-applied': `wait=${seconds}` }
  if (generation === undefined) {
    return { ...checkedAnswer, headers: { ...checkedAnswer.headers, ...headers } }
  }
  recordBilled(generation, request.facts)
  return { status: 200, headers, body: await toView(services.view, generation) }
}

/** A pending generation, with a hint when to ask again. */
export function toPendingAnswer(generation: Generation): Answer {
  return {
    status: 202,
    headers: { 'retry-after': String(pollHintSeconds) },
    body: toPendingView(generation),
  }
}

/** Notes whether the generation cost its owner anything. */
export function recordBilled(generation: Generation, facts: CreationRequest['facts']): void {
  facts.generationId = generation.id
  facts.billed = generation.status === 'completed' && generation.mode === 'live'
}

/** The failure that a generation ended with, for an answer that is an HTTP error. */
export function failureOf(generation: Generation, facts: CreationRequest['facts']): Failure {
  recordBilled(generation, facts)
  if (generation.failure === null) throw new Error(`generation ${generation.id} has no failure`)
  return Failure.fromRecord(generation.failure)
}

/** The deadline has passed, and not even that could be written down. */
export function overdue(): Failure {
  return fail('server_error', 'storage_unavailable', {
    message:
      'The generation did not end in time, because this server cannot write to its storage. It is not charged unless it completes; read it by its id, or send the same request with the same Idempotency-Key.',
    shouldRetry: false,
  })
}

/** The server is stopping while a caller waits. The generation goes on; asking again finds it. */
export function stoppedWaiting(): Failure {
  return fail('server_error', 'shutting_down', {
    message:
      'The server is restarting. The generation was accepted and goes on; send the same request with the same Idempotency-Key, or read the generation by its id.',
  })
}
