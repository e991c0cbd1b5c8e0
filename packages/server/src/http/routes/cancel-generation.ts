import type { GenerationType } from '../../contract/generations.ts'
import { findGeneration } from '../../generations/generation.ts'
import { within } from '../../net/deadline.ts'
import type { Answer, OperationRequest } from '../handle.ts'
import type { Services } from '../services.ts'
import { recordBilled } from './create-generation.ts'
import { getOwnGeneration } from './read-generation.ts'

/** How long the answer waits for the model to say whether it stopped. */
const patienceMs = 10_000

/** Asks for the end and says what that achieved. */
export async function cancelGeneration(
  request: OperationRequest<'cancelImage' | 'cancelVideo'>,
  services: Services,
  type: GenerationType,
): Promise<Answer> {
  const generation = await getOwnGeneration(request, services, type)
  const body = await within(patienceMs, request.signal, (signal) =>
    services.cancel(generation, signal),
  )
  const current = await findGeneration(services.database.read, generation.id)
  recordBilled(current ?? generation, request.facts)
  return { status: 200, body }
}
