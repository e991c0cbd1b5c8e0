import { fail, type Failure } from '../../contract/failure.ts'
import type { GenerationType } from '../../contract/generations.ts'
import { findGeneration, type Generation } from '../../generations/generation.ts'
import { toView } from '../../generations/view.ts'
import { within } from '../../net/deadline.ts'
import type { Answer, OperationRequest } from '../handle.ts'
import type { Services } from '../services.ts'
import { recordBilled, toPendingAnswer } from './create-generation.ts'

type OneGenerationRequest = OperationRequest<
  'getImage' | 'getVideo' | 'cancelImage' | 'cancelVideo'
>

/**
 * The generation that a path names. Another workspace's, another mode's and another kind's are
 * exactly as unknown as one that never was.
 */
export async function getOwnGeneration(
  { params, caller, facts }: OneGenerationRequest,
  { database }: Services,
  type: GenerationType,
): Promise<Generation> {
  const generation = await findGeneration(database.read, params.id)
  const isOwn =
    generation !== undefined &&
    generation.workspaceId === caller.workspaceId &&
    generation.mode === caller.mode &&
    generation.type === type
  if (!isOwn) {
    throw unknownGeneration(type)
  }
  recordBilled(generation, facts)
  return generation
}

// The same words for every id and every key; they name what is most often wrong with ids that exist.
function unknownGeneration(type: GenerationType): Failure {
  const other = type === 'image' ? 'video' : 'image'
  return fail('not_found', 'generation_unknown', {
    message: `No ${type} of this id belongs to this key. Look at two things before you give it up: test keys and live keys see only what keys of their own kind made, and ${other}s are under /v2/${other}s/generations.`,
    param: 'id',
  })
}

/** The state of a generation, held back until it ends if the caller prefers to wait. */
export async function readGeneration(
  request: OneGenerationRequest,
  services: Services,
  type: GenerationType,
): Promise<Answer> {
  const generation = await getOwnGeneration(request, services, type)
  const { waitSeconds } = request.prefer
  if (generation.status !== 'pending' || waitSeconds === undefined) {
    return toStateAnswer(request, services, generation)
  }
  const ended = await within(waitSeconds * 1000, request.signal, (signal) =>
    services.ended(generation.id, signal),
  )
  const current = ended ?? (await getOwnGeneration(request, services, type))
  const answer = await toStateAnswer(request, services, current)
  return {
    ...answer,
    headers: { ...answer.headers, 'preference-applied': `wait=${waitSeconds}` },
  }
}

async function toStateAnswer(
  { facts }: OneGenerationRequest,
  services: Services,
  generation: Generation,
): Promise<Answer> {
  recordBilled(generation, facts)
  if (generation.status === 'pending') return { ...toPendingAnswer(generation), status: 200 }
  const body = await toView(services.view, generation)
  // A failure that is read says as much about another try as one that is the answer to a POST.
  const shouldRetry = generation.failure?.shouldRetry
  const advice = shouldRetry === undefined ? {} : { 'x-should-retry': String(shouldRetry) }
  return { status: 200, headers: advice, body }
}
