import { fails, interrupted, type Row, type Rows } from './rows.ts'

// Reads cost nothing, so only the time limits how often they are repeated: two minutes without an
// answer. Three tries are what fits when each takes a minute, four when each is to be 30 seconds
// after the one before.
const long = 'for two minutes'
const slow = 3
const spaced = 4

const failed: Row = {
  ...fails('failed', 'ContentPolicyViolationError', 1, 'failed'),
  hasId: true,
}

const reads: Row[] = [
  interrupted('refused', 'ConnectionError', long),
  interrupted('reset', 'ConnectionError', long),
  interrupted('halfHead', 'ConnectionError', long),
  interrupted('silence', 'TimeoutError', slow),
  interrupted('halfThenEnd', 'ConnectionError', long),
  interrupted('halfThenReset', 'ConnectionError', long),
  interrupted('stall', 'ConnectionError', slow),
  interrupted('drip', 'ConnectionError', slow),
  interrupted('empty', 'ConnectionError', long),
  interrupted('page200', 'ConnectionError', 1, 'waitAfterAddress'),
  interrupted('page502', 'ConnectionError', long),
  interrupted('page504', 'ConnectionError', long),
  interrupted('json504', 'ConnectionError', long),
  interrupted('otherJson', 'ConnectionError', long, 'waitAfterAddress'),
  interrupted('redirect', 'ConnectionError', 1, 'waitAfterAddress'),
  interrupted('401', 'InvalidApiKeyError', 1, 'waitAfterKey'),
  interrupted('401, X-Should-Retry: true', 'InvalidApiKeyError', long, 'waitAfterKey'),
  interrupted('402', 'QuotaExceededError', 1, 'waitOrAsk'),
  interrupted('422', 'ContentPolicyViolationError', 1, 'waitOrAsk'),
  interrupted('429, Retry-After: 30', 'RateLimitError', spaced),
  interrupted('429, Retry-After: 3600', 'RateLimitError', 1),
  interrupted('500', 'ServerError', long),
  interrupted('500, Retry-After: 0', 'ServerError', long),
  interrupted('500, X-Should-Retry: false', 'ServerError', 1, 'waitOrAsk'),
  failed,
  interrupted('abort', 'AbortError', 1),
  interrupted('abortHalf', 'AbortError', 1),
  interrupted('timeout', 'TimeoutError', 1),
  interrupted('timeoutHalf', 'TimeoutError', 1),
]

// A server that knew it a moment ago may be one of several: two in a row are forgiven.
const forgotten = interrupted('404', 'NotFoundError', 3, 'waitOrAsk')

/** What the rules say about waiting. */
export const waiting: Rows = {
  plainPoll: [...reads, forgotten],
  heldPoll: [...reads, forgotten],
  firstRead: [...reads, { ...fails('404', 'NotFoundError', 1, 'id'), hasId: true }],
}
