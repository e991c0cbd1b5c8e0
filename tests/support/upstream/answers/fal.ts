import type { Act } from '../script.ts'

interface Detail {
  loc?: (string | number)[]
  msg: string
  type: string
  ctx?: object
}

/** Errors of a model: a list of details. */
function modelError(status: number, detail: Detail, isRetryable: boolean): Act {
  const { loc = ['body'], ...more } = detail
  const url = `https://docs.fal.ai/errors/#${detail.type}`
  return {
    status,
    headers: headers(detail.type, isRetryable),
    body: { detail: [{ loc, ...more, url }] },
  }
}

/** Errors of the queue: one sentence and a type. */
function requestError(status: number, type: string, detail: string, isRetryable: boolean): Act {
  return { status, headers: headers(type, isRetryable), body: { detail, error_type: type } }
}

function headers(type: string, isRetryable: boolean): Record<string, string> {
  return { 'x-fal-error-type': type, 'x-fal-retryable': String(isRetryable) }
}

/** What fal answers when something is wrong, to a submission or in place of a result. */
export const falAnswers = {
  moderated: (): Act =>
    modelError(
      422,
      {
        loc: ['body', 'prompt'],
        msg: 'The content checker flagged this prompt.',
        type: 'content_policy_violation',
      },
      false,
    ),
  noMedia: (): Act =>
    modelError(422, { msg: 'No media was generated.', type: 'no_media_generated' }, true),
  invalidField: (field: string, type: string, msg: string): Act =>
    modelError(422, { loc: ['body', field], msg, type }, false),
  internalError: (isRetryable = false): Act =>
    modelError(500, { msg: 'Internal server error', type: 'internal_server_error' }, isRetryable),
  generationTimeout: (isRetryable = true): Act =>
    modelError(504, { msg: 'Generation timed out', type: 'generation_timeout' }, isRetryable),
  runnerDisconnected: (isRetryable = true): Act =>
    requestError(503, 'runner_disconnected', 'The runner disconnected.', isRetryable),
  startTimeout: (): Act => {
    const act = requestError(504, 'request_timeout', 'The request did not start in time.', false)
    return { ...act, headers: { ...act.headers, 'x-fal-request-timeout-type': 'user' } }
  },
  cancelled: (): Act => requestError(499, 'client_cancelled', 'The request was cancelled.', false),
  badRequest: (): Act => requestError(400, 'bad_request', 'The request is malformed.', false),
  unauthorized: (): Act => ({ status: 401, body: { detail: 'The key is not valid.' } }),
  forbidden: (): Act => ({ status: 403, body: { detail: 'The key lacks this permission.' } }),
  exhausted: (): Act => ({
    status: 403,
    body: { detail: 'User is locked. Reason: Exhausted balance. Top up your balance to go on.' },
  }),
  tooMany: (): Act => ({ status: 429, body: { detail: 'Too many requests' } }),
  unknownModel: (): Act => ({ status: 404, body: { detail: 'Application not found' } }),
}
