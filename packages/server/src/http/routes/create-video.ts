import { handle } from '../handle.ts'
import { acceptOrQuote, answerAccepted, answerWithin } from './create-generation.ts'

/** Answers as soon as the film is accepted, or waits as long as the caller prefers. */
export const createVideo = handle('createVideo', async (request, services) => {
  const accepted = await acceptOrQuote(request, services, 'video')
  if ('quote' in accepted) return accepted.quote
  const { id } = accepted
  const { waitSeconds } = request.prefer
  return waitSeconds === undefined
    ? answerAccepted(request, services, id)
    : answerWithin(request, services, { id, seconds: waitSeconds })
})
