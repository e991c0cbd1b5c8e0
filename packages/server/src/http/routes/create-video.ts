import { handle } from '../handle.ts'
import { acceptOrQuote, answerAccepted, answerWithin } from './create-generation.ts'

/** Answers as soon as the film is accepted, or waits as long as the caller prefers. */
export const createVideo = handle('createVideo', async (request, services) => {
  const accepted = await acceptOrQuote(request, services, 'video')
  if ('quote' in accepted) return accepted.quote
  const { waitSeconds } = request.prefer
  return waitSeconds === undefined
    ? answerAccepted(request, services, accepted)
    : answerWithin(request, services, accepted, waitSeconds)
})
