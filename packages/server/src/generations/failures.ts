import { asRehearsed, fail, type Failure } from '../contract/failure.ts'
import type { Billed, UpstreamError } from '../upstreams/upstream.ts'

/** The end of a generation whose owner cancelled it. */
export function cancelledFailure(): Failure {
  return fail('server_error', 'cancelled', {
    message: 'The generation was cancelled at your request. It costs nothing.',
    shouldRetry: false,
  })
}

/** The end of a generation at its deadline. */
export function overdueFailure(): Failure {
  return fail('server_error', 'deadline_exceeded', {
    message:
      'The model did not finish in the time it is given. You are not charged; try again, or ask for something smaller.',
  })
}

/** The end of a generation whose content could not be fetched and checked before its deadline. */
export function uncheckedFailure(): Failure {
  return fail('server_error', 'deadline_exceeded', {
    message:
      'The reference images and the prompt could not be fetched and checked in the time that the model is given. You are not charged; try again with images that load faster, or with fewer requests at once.',
  })
}

/** What the client is told. An upstream's trouble is never shown as the client's own. */
export function toFailure(error: UpstreamError): Failure {
  const failure = toUnmarkedFailure(error)
  return error.isRehearsed === true ? asRehearsed(failure) : failure
}

function toUnmarkedFailure(error: UpstreamError): Failure {
  if (error.code === 'content_policy_violation') {
    return fail('content_policy_violation', 'model_refused', {
      message: 'The model refused this content. Revise the prompt or the reference images.',
      param: error.param ?? 'prompt',
    })
  }
  if (error.code === 'invalid_parameter' && error.param !== undefined) {
    return fail('invalid_parameter', 'upstream_rejected_value', {
      message: `The model does not accept this value of ${error.param}. Change it, or choose another model.`,
      param: error.param,
    })
  }
  if (error.isUseless === true) {
    return fail('server_error', 'output_unusable', {
      message: 'The model delivered nothing usable. You are not charged; try again.',
    })
  }
  return fail('server_error', 'upstream_failed', {
    message: 'The model failed to produce a result. You are not charged; try again.',
    ...(error.retryAfterMs === undefined ? {} : { retryAfterMs: error.retryAfterMs }),
  })
}

/** The upstream no longer knows a job that it had taken. */
export function lostJob(billed: Billed): UpstreamError {
  return {
    code: 'server_error',
    message: 'the upstream lost the job',
    isUseless: true,
    accepted: 'yes',
    billed,
  }
}

/** The upstream delivered something that is no picture or film. */
export function uselessOutput(what: string, billed: Billed): UpstreamError {
  return {
    code: 'server_error',
    message: `the result is ${what}`,
    isUseless: true,
    accepted: 'yes',
    billed,
  }
}

/** The end of a generation of which nobody knows whether the upstream took it. */
export function unknownFailure(): Failure {
  return fail('server_error', 'outcome_unknown', {
    message:
      'Contact with the model was lost, and whether it took the job is not known yet. You are not charged; the outcome is being looked up. Read the generation again later; sending the request again could make it twice.',
    shouldRetry: false,
  })
}
