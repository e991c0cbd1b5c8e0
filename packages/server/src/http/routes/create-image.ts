import { toView } from '../../generations/view.ts'
import { handle } from '../handle.ts'
import {
  acceptOrQuote,
  answerAccepted,
  answerWithin,
  failureOf,
  recordBilled,
} from './create-generation.ts'
import { overdue, sinceAccepted, stoppedWaiting } from './since-accepted.ts'

/** Waits for the picture, unless the caller prefers not to. */
export const createImage = handle('createImage', async (request, services) => {
  const accepted = await acceptOrQuote(request, services, 'image')
  if ('quote' in accepted) return accepted.quote
  const { respondAsync, waitSeconds } = request.prefer
  if (respondAsync && waitSeconds !== undefined) {
    return answerWithin(request, services, accepted, waitSeconds)
  }
  if (respondAsync) {
    const answer = await answerAccepted(request, services, accepted)
    return { ...answer, headers: { ...answer.headers, 'preference-applied': 'respond-async' } }
  }
  const { facts, signal } = request
  const generation = await sinceAccepted(accepted, facts, async () => {
    const ended = await services.endedInTime(accepted.id, signal)
    if (ended === undefined) throw signal.aborted ? stoppedWaiting() : overdue()
    return ended
  })
  if (generation.status === 'failed') throw failureOf(generation, facts, services)
  recordBilled(generation, facts)
  const body = await sinceAccepted(accepted, facts, () => toView(services.view, generation))
  return { status: 200, body }
})
