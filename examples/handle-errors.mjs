// Brings about failures with the sandbox's directives and does about each what its code asks for.
import { Filmgate, isFilmgateError } from '@filmgate/client'

const filmgate = new Filmgate({
  maxElapsed: 20_000,
  onRetry: ({ error, delayMs }) =>
    console.log(`  ${error.code}: retry in ${Math.round(delayMs)} ms`),
})

const prompts = [
  'A fox [[invalid_parameter]]',
  'A fox [[quota_exceeded]]',
  'A fox [[content_policy_violation]]',
  'A fox [[rate_limit retry_after=60]]',
  `A fox, tried again until it works ${Date.now()} [[server_error times=1]]`,
]
for (const prompt of prompts) {
  console.log(prompt)
  try {
    const image = await filmgate.images.generate({ model: 'sandbox-image', prompt })
    console.log(`  ${image.id} is finished`)
  } catch (error) {
    console.log(`  ${advice(error)}`)
  }
}

// A film is accepted first and may fail later: one error, whichever way the failure came.
try {
  const prompt = 'A fox [[content_policy_violation]]'
  await filmgate.videos.generate({ model: 'sandbox-video', prompt })
} catch (error) {
  console.log(
    `A film failed ${error.generation ? 'after' : 'before'} it was accepted\n  ${advice(error)}`,
  )
}

function advice(error) {
  if (!isFilmgateError(error)) throw error
  switch (error.code) {
    case 'invalid_api_key':
      return `Check FILMGATE_API_KEY: ${error.message}`
    case 'parameter_missing':
    case 'invalid_parameter':
      return `Correct ${error.param ?? 'the request'}: ${error.message}`
    case 'quota_exceeded':
      return `Add credit: ${error.message}`
    case 'content_policy_violation':
      return `Word it differently: ${error.message}`
    case 'rate_limit':
      return `Come back in ${Math.ceil((error.retryAfterMs ?? 60_000) / 1000)} s`
    case 'not_found':
      return `Gone: ${error.message}`
    case 'server_error':
      return `Report ${error.generationId ?? error.requestId}: ${error.message}`
    case 'wait_interrupted':
      return `Wait again for ${error.generationId}, and do not submit it again: ${error.message}`
    case 'connection_error':
    case 'timeout':
    case 'aborted':
      return `No answer; the same call with idempotencyKey ${error.idempotencyKey} joins what it made: ${error.message}`
  }
}
