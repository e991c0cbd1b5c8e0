import { fail, Failure } from '../../contract/failure.ts'
import type { GenerationType } from '../../contract/generations.ts'
import { isDataUrl, type CreateImageRequest } from '../../contract/images.ts'
import type { CreateVideoRequest } from '../../contract/videos.ts'
import type { Generation } from '../../generations/generation.ts'
import { toPendingView, toView } from '../../generations/view.ts'
import { within } from '../../net/deadline.ts'
import type { Answer, AnswerFacts, OperationRequest } from '../handle.ts'
import { longestHoldMs } from '../prefer.ts'
import type { Services } from '../services.ts'
import { sinceAccepted, stoppedWaiting, type AcceptedGeneration } from './since-accepted.ts'

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
): Promise<{ quote: Answer } | AcceptedGeneration> {
  const { dry_run: isDryRun, ...body } = request.body
  const { facts, idempotencyKey } = request
  const inlineImages = toInlineImages(request)
  const generationRequest = {
    type,
    caller: request.caller,
    body: withoutInlineImages(body as AnyBody),
    inlineImages,
    idempotencyKey,
    requestId: request.requestId,
    signal: request.signal,
  }
  const onRateLimit = (state: NonNullable<AnswerFacts['rateLimit']>) => {
    facts.rateLimit = state
  }
  if (isDryRun === true) {
    return { quote: { status: 200, body: await services.quote(generationRequest, onRateLimit) } }
  }
  const accepted = await beforeAccepted(() => services.accept(generationRequest, onRateLimit))
  // The answer may be a minute away; nobody needs the images' bytes until then.
  inlineImages.clear()
  request.longTexts.release()
  const isReplay = accepted.kind === 'replay'
  const id = isReplay ? accepted.generationId : accepted.generation.id
  facts.generationId = id
  facts.billed = false
  facts.isPending = true
  if (isReplay) facts.replayed = true
  return { id, type, isRepeatable: idempotencyKey !== undefined }
}

// Accepting is one transaction: what it throws has left nothing behind.
async function beforeAccepted<Value>(work: () => Promise<Value>): Promise<Value> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof Failure) throw error
    throw fail('server_error', 'internal', {
      message:
        'Something went wrong on this server before the generation was accepted. Nothing was charged; try again. If it happens again, report these ids.',
      cause: error,
    })
  }
}

/** The images that came inside the body, however long, as bytes. */
function toInlineImages({ body, longTexts }: CreationRequest): Map<number, Uint8Array> {
  const inlineImages = new Map<number, Uint8Array>()
  for (const [position, { url }] of (body.images ?? []).entries()) {
    if (!isDataUrl(url)) continue
    inlineImages.set(position, longTexts.get(`images[${position}].url`) ?? Buffer.from(url))
  }
  return inlineImages
}

function withoutInlineImages({ images, ...body }: AnyBody): AnyBody {
  if (images === undefined) return body
  const rest = images.map((image) => (isDataUrl(image.url) ? { ...image, url: 'data:' } : image))
  // Nothing but addresses was changed.
  return { ...body, images: rest as AnyBody['images'] & object }
}

/**
 * Answers 202, once the content checks are passed; throws the failure if they were not. Checks that
 * take longer than an answer is held end the wait too, and are told by the generation's state.
 */
export async function answerAccepted(
  { signal, facts }: CreationRequest,
  services: Services,
  accepted: AcceptedGeneration,
): Promise<Answer> {
  const generation = await sinceAccepted(accepted, facts, async () => {
    const checked = await within(longestHoldMs, signal, (patience) =>
      services.checked(accepted.id, patience),
    )
    if (checked === undefined && signal.aborted) throw stoppedWaiting()
    return checked ?? services.current(accepted.id)
  })
  // A replay may find it ended already; what failed before the first 202 fails again.
  if (generation.status === 'failed' && generation.checkedAt === null) {
    throw failureOf(generation, facts, services)
  }
  // The body of a replay is the first answer's, but the bill is told as it is now.
  recordBilled(generation, facts)
  return toPendingAnswer({ ...generation, progress: null, queuePosition: null })
}

/** Answers with the end if it comes within the wait that was asked for, else with 202. */
export async function answerWithin(
  request: CreationRequest,
  services: Services,
  accepted: AcceptedGeneration,
  seconds: number,
): Promise<Answer> {
  const { signal, facts } = request
  const startedAt = performance.now()
  const checkedAnswer = await answerAccepted(request, services, accepted)
  // The checks took their part of the time for which an answer is held at all.
  const leftMs = Math.min(seconds * 1000, longestHoldMs - (performance.now() - startedAt))
  const headers = { 'preference-applied': `wait=${seconds}` }
  return sinceAccepted(accepted, facts, async () => {
    const generation = await within(leftMs, signal, (patience) =>
      services.ended(accepted.id, patience),
    )
    if (generation === undefined) {
      return { ...checkedAnswer, headers: { ...checkedAnswer.headers, ...headers } }
    }
    recordBilled(generation, facts)
    return { status: 200, headers, body: await toView(services.view, generation) }
  })
}

/** A pending generation, with a hint when to ask again. */
export function toPendingAnswer(generation: Generation): Answer {
  return {
    status: 202,
    headers: { 'retry-after': String(pollHintSeconds) },
    body: toPendingView(generation),
  }
}

/** Notes whether the generation has ended, and whether it cost its owner anything. */
export function recordBilled(generation: Generation, facts: AnswerFacts): void {
  facts.generationId = generation.id
  facts.billed = generation.status === 'completed' && generation.mode === 'live'
  facts.isPending = generation.status === 'pending'
}

/** The failure that a generation ended with, for an answer that is an HTTP error. */
export function failureOf(
  generation: Generation,
  facts: AnswerFacts,
  { clock }: Pick<Services, 'clock'>,
): Failure {
  const { id, failure, endedAt } = generation
  recordBilled(generation, facts)
  if (failure === null) throw new Error(`generation ${id} has no failure`)
  return Failure.fromRecord(failure, clock() - (endedAt ?? clock()))
}
