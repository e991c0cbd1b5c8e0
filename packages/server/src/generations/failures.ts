/**
 * One table turns what goes wrong at an upstream into what follows from it and into what the client
 * is told. An upstream's trouble is never shown as the client's own, and nothing is said that is not
 * known: a failure that may have been billed is never called safe to repeat.
 */
import { asRehearsed, fail, type Failure, type FailureRecord } from '../contract/failure.ts'
import type { GenerationType } from '../contract/generations.ts'
import type { Billed, FailureKind, UpstreamFailure } from '../upstreams/upstream.ts'

/**
 * `end`: no other upstream is asked; content and the client's own values are the same everywhere.
 * `same route`: after a wait, three tries at most. `next route`: at this one it cannot help.
 */
export type WhatFollows = 'end' | 'same route' | 'next route'

interface Row {
  follows(failure: UpstreamFailure): WhatFollows
  tell(failure: UpstreamFailure): Failure
}

export const failureTable: Readonly<Record<FailureKind, Row>> = {
  moderated: {
    follows: () => 'end',
    tell: ({ field }) =>
      fail('content_policy_violation', 'model_refused', {
        message: 'The model refused this content. Revise the prompt or the reference images.',
        param: field === undefined ? 'prompt' : toParam(field),
      }),
  },
  bad_input: {
    // Without a field of the client's it is the operator's configuration, or the adapter, that is wrong.
    follows: ({ field }) => (field === undefined ? 'next route' : 'end'),
    tell: (failure) =>
      failure.field === undefined
        ? upstreamFailed(failure)
        : fail('invalid_parameter', 'upstream_rejected_value', {
            message: `The model does not accept this value of ${toParam(failure.field)}. Change it, or choose another model.`,
            param: toParam(failure.field),
          }),
  },
  throttled: { follows: () => 'same route', tell: upstreamFailed },
  credential: { follows: () => 'next route', tell: upstreamFailed },
  funds: { follows: () => 'next route', tell: upstreamFailed },
  model_gone: { follows: () => 'next route', tell: upstreamFailed },
  transient: {
    // A job that was taken and then failed would fail there again.
    follows: ({ job }) => (job === 'ended' ? 'next route' : 'same route'),
    tell: upstreamFailed,
  },
  lost: { follows: () => 'same route', tell: nothingUsable },
  useless: { follows: () => 'same route', tell: nothingUsable },
}

/** What the client is told. */
export function toFailure(failure: UpstreamFailure): Failure {
  const told = failureTable[failure.kind].tell(failure)
  return failure.isRehearsed === true ? asRehearsed(told) : told
}

function upstreamFailed({ retryAfterMs }: UpstreamFailure): Failure {
  return fail('server_error', 'upstream_failed', {
    message: 'The model failed to produce a result. You are not charged; try again.',
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  })
}

function nothingUsable(): Failure {
  return fail('server_error', 'output_unusable', {
    message: 'The model delivered nothing usable. You are not charged; try again.',
  })
}

const longestWaitMs = 60_000

/**
 * Every route of the model takes no more at the moment. Only who still waits for the answer can be
 * told so; a video was accepted long ago, and its end is no refusal.
 */
export function allThrottled(type: GenerationType, waitMs: number): Failure {
  const retryAfterMs = Math.min(longestWaitMs, Math.max(1000, waitMs))
  if (type === 'video') {
    return fail('server_error', 'upstream_failed', {
      message:
        'The model takes no more requests at the moment. You are not charged; try again later.',
      retryAfterMs,
    })
  }
  return fail('rate_limit', 'model_busy', {
    message:
      'The model takes no more requests at the moment. Nothing was made and you are not charged; try again after the wait that Retry-After names.',
    retryAfterMs,
  })
}

/** The model has no route that could be tried (any more). */
export function noRoute(): Failure {
  return fail('server_error', 'upstream_failed', {
    message:
      'Nobody makes this model at the moment. You are not charged; choose another model, or try again later.',
  })
}

/** The end of a generation whose owner cancelled it. */
export function cancelledFailure(): Failure {
  return fail('server_error', 'cancelled', {
    message: 'The generation was cancelled at your request. It costs nothing.',
    shouldRetry: false,
  })
}

/** The end at the deadline of a generation that was sent to an upstream. */
export function overdueFailure(): Failure {
  return fail('server_error', 'deadline_exceeded', {
    message:
      'The model did not finish in the time it is given. You are not charged; try again, or ask for something smaller.',
  })
}

/** The end at the deadline of one that was never sent: there was no room for it. */
export function unsentFailure(): Failure {
  return fail('server_error', 'deadline_exceeded', {
    message:
      'The model had no room for the generation in the time it is given, so it was never begun. You are not charged; try again later.',
  })
}

/** The end of a generation whose content could not be fetched and checked before its deadline. */
export function uncheckedFailure(): Failure {
  return fail('server_error', 'deadline_exceeded', {
    message:
      'The reference images and the prompt could not be fetched and checked in the time that the model is given. You are not charged; try again with images that load faster, or with fewer requests at once.',
  })
}

/** The end of a generation that was done, and that faults of this server kept from being stored. */
export function notStoredFailure(): Failure {
  return fail('server_error', 'storage_unavailable', {
    message:
      'The model delivered, but a fault of this server kept the result from being stored and checked for too long. You are not charged; try again later.',
  })
}

/** The end of a generation of which nobody knows whether the upstream took it. */
export function unknownFailure(): Failure {
  return fail('server_error', 'outcome_unknown', {
    message:
      'Contact with the model was lost, and whether it took the job is not known yet. You are not charged; the outcome is being looked up. Read the generation again later; sending the request again could make it twice.',
    shouldRetry: false,
  })
}

/** The same at the deadline: the model has the job, or may have it, and was too slow. */
export function overdueUnknownFailure(): Failure {
  return fail('server_error', 'deadline_exceeded', {
    message:
      'The model did not finish in the time it is given, and may still be at work. You are not charged; what became of it is being looked up. Read the generation again later; sending the request again could make it twice.',
    shouldRetry: false,
  })
}

/** What the client is told once it is known what became of a job whose outcome was open, or that it never will be. */
export function toOutcome(failure: FailureRecord, billed: Billed): FailureRecord {
  const { reason } = failure
  if (reason !== 'outcome_unknown' && reason !== 'deadline_exceeded') return failure
  if (billed === 'no') return neverMade().toRecord()
  const what =
    billed === 'yes'
      ? 'The model took the job, but did not deliver it in time.'
      : 'What became of the job could not be found out.'
  const message = `${what} You are not charged. To have it made anew, send the request with another Idempotency-Key.`
  return { ...failure, message }
}

function neverMade(): Failure {
  return fail('server_error', 'upstream_failed', {
    message:
      'The model did not answer in time. By now it is certain that it made nothing. You are not charged; try again.',
  })
}

/** The order's field as the request names it: `aspectRatio` is `aspect_ratio` there. */
function toParam(field: string): string {
  return field.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
}
