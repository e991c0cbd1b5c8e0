import { toView } from '../../generations/view.ts'
import { handle } from '../handle.ts'
import {
  acceptOrQuote,
  answerAccepted,
  answerWithin,
  failureOf,
  overdue,
  recordBilled,
  stoppedWaiting,
} from './create-generation.ts'

/** Waits for the picture, unless the caller prefers not to. */
export const createImage = handle('createImage', async (request, services) => {
  const accepted = await acceptOrQuote(request, services, 'image')
  if ('quote' in accepted) return accepted.quote
  const { id } = accepted
  const { respondAsync, waitSeconds } = request.prefer
  if (respondAsync && waitSeconds !== undefined) {
    return answerWithin(request, services, { id, seconds: waitSeconds })
  }
  if (respondAsync) {
    const answer = await answerAccepted(request, services, id)
    return { ...answer, headers: { ...answer.headers, 'preference-applied': 'respond-async' } }
  }
  const generation = await services.endedInTime(id, request.signal)
  if (generation === undefined) throw request.signal.aborted ? stoppedWaiting() : overdue()
  if (generation.status === 'failed') throw failureOf(generation, request.facts)
  recordBilled(generation, request.facts)
  return { status: 200, body: await toView(services.view, generation) }
})
