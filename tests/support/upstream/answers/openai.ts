import type { Act } from '../script.ts'

interface Fault {
  message: string
  type?: string
  param?: string | null
  code?: string | null
}

function refusal(status: number, fault: Fault, headers: Record<string, string> = {}): Act {
  const { message, type = 'invalid_request_error', param = null, code = null } = fault
  return { status, headers, body: { error: { message, type, param, code } } }
}

/** What OpenAI answers instead of a picture. */
export const openaiAnswers = {
  moderationBlocked: (): Act =>
    refusal(400, {
      message: 'The request was rejected by the safety system. safety_violations=[violence]',
      type: 'image_generation_user_error',
      code: 'moderation_blocked',
    }),
  insufficientQuota: (): Act =>
    refusal(429, {
      message: 'The quota of this organization is used up.',
      type: 'insufficient_quota',
      code: 'insufficient_quota',
    }),
  noCredits: (): Act =>
    refusal(429, {
      message: 'There are no credits remaining.',
      type: 'insufficient_quota',
      code: 'credit_balance_exhausted',
    }),
  /** Without either, no header tells how long to wait. */
  rateLimited: (wait: { seconds?: number; ms?: number } = {}): Act =>
    refusal(
      429,
      {
        message: 'Rate limit reached for images per minute.',
        type: 'rate_limit_error',
        code: 'rate_limit_exceeded',
      },
      {
        ...(wait.seconds === undefined ? {} : { 'retry-after': String(wait.seconds) }),
        ...(wait.ms === undefined ? {} : { 'retry-after-ms': String(wait.ms) }),
      },
    ),
  invalidApiKey: (): Act =>
    refusal(401, { message: 'Incorrect API key provided: sk-…', code: 'invalid_api_key' }),
  organizationUnverified: (): Act =>
    refusal(403, { message: 'Your organization must be verified to use this model.' }),
  modelNotFound: (model = 'the model'): Act =>
    refusal(404, {
      message: `${model} does not exist or you do not have access to it.`,
      code: 'model_not_found',
    }),
  invalidValue: (param: string, message = `Invalid value for ${param}.`): Act =>
    refusal(400, { message, param, code: 'invalid_value' }),
  unknownParameter: (param: string): Act =>
    refusal(400, { message: `Unknown parameter: ${param}.`, param, code: 'unknown_parameter' }),
  missingParameter: (param: string): Act =>
    refusal(400, {
      message: `Missing required parameter: ${param}.`,
      param,
      code: 'missing_required_parameter',
    }),
  serverError: (): Act =>
    refusal(500, {
      message: 'Something went wrong on the server.',
      type: 'server_error',
      code: 'server_error',
    }),
  overloaded: (): Act =>
    refusal(503, {
      message: 'The server is overloaded.',
      type: 'server_error',
      code: 'server_is_overloaded',
    }),
}

/** What servers on the operator's own machines answer instead. */
export const localAnswers = {
  /** LocalAI, while it loads the model. */
  modelLoading: (seconds: number): Act => ({
    status: 503,
    headers: { 'retry-after': String(seconds) },
    body: {
      error: { code: 'model_loading', message: 'The model is loading.', type: 'server_error' },
      loading: true,
    },
  }),
  /** LocalAI says the status again where OpenAI has a code. */
  localaiError: (status: number, message: string): Act => ({
    status,
    body: {
      error: {
        code: status,
        message,
        type: status < 500 ? 'invalid_request_error' : 'server_error',
      },
    },
  }),
  /** vLLM and SGLang. */
  detail: (status: number, detail: string): Act => ({ status, body: { detail } }),
  invalidField: (field: string, msg: string, type = 'value_error'): Act => ({
    status: 422,
    body: { detail: [{ loc: ['body', field], msg, type }] },
  }),
  /** stable-diffusion.cpp. */
  queueFull: (): Act => ({ status: 429, body: { error: 'job queue is full' } }),
  sdcppError: (status: number, error: string): Act => ({ status, body: { error } }),
}
