import { comes, fails, interrupted, type Row, type Rows } from './rows.ts'

// Six repetitions are what a call has when nothing else is said. Three tries are what fits into two
// minutes after the first failure when each takes a minute, and four what fits when each is to be 30
// seconds after the one before.
const all = 7
const slow = 3
const spaced = 4

/** What never changes with what was lost: the status decides. */
function refused(gets: Row['gets'], tries: number, advice: Row['advice']): Row[] {
  const row = { gets, tries, advice, hasId: false }
  return (['halfThenEnd', 'halfThenReset', 'stall', 'drip', 'empty'] as const).map((what) => ({
    what,
    ...row,
  }))
}

/** What the rules say about submitting. */
export const submitting: Rows = {
  head: [
    // Where nobody has ever answered, two repetitions are enough.
    fails('refused', 'ConnectionError', 3, 'address'),
    fails('reset', 'ConnectionError', all, 'join'),
    fails('halfHead', 'ConnectionError', all, 'join'),
    fails('silence', 'TimeoutError', slow, 'join'),
    fails('page502', 'ConnectionError', all, 'join'),
    fails('page504', 'ConnectionError', all, 'join'),
    fails('json504', 'ConnectionError', all, 'join'),
    fails('redirect', 'ConnectionError', 1, 'address'),
    fails('401', 'InvalidApiKeyError', 1, 'key'),
    fails('401, X-Should-Retry: true', 'InvalidApiKeyError', all, 'key'),
    fails('402', 'QuotaExceededError', 1, 'credit'),
    fails('404', 'NotFoundError', 1, 'model'),
    fails('422', 'ContentPolicyViolationError', 1, 'prompt'),
    fails('429, Retry-After: 30', 'RateLimitError', spaced, 'limit'),
    fails('429, Retry-After: 3600', 'RateLimitError', 1, 'limit'),
    fails('500', 'ServerError', all, 'later'),
    fails('500, Retry-After: 0', 'ServerError', all, 'later'),
    fails('500, X-Should-Retry: false', 'ServerError', 1, 'report'),
    fails('500, X-Outcome: unknown', 'ServerError', all, 'join'),
    fails('abort', 'AbortError', 1, 'joinIfWanted'),
    fails('timeout', 'TimeoutError', 1, 'join'),
  ],
  bodyWithId: [
    comes('halfThenEnd', 1, 1),
    comes('halfThenReset', 1, 1),
    comes('stall', 1, 1),
    comes('drip', 1, 1),
    comes('empty', 1, 1),
    comes('page200', 1, 1),
    comes('otherJson', 1, 1),
    comes('idOnly', 1, 1),
    interrupted('abortHalf', 'AbortError', 1),
    interrupted('timeoutHalf', 'TimeoutError', 1),
  ],
  bodyWithoutId: [
    fails('halfThenEnd', 'ConnectionError', 1, 'join'),
    fails('halfThenReset', 'ConnectionError', 1, 'join'),
    fails('stall', 'ConnectionError', 1, 'join'),
    fails('drip', 'ConnectionError', 1, 'join'),
    fails('empty', 'ConnectionError', 1, 'join'),
    fails('page200', 'ConnectionError', 1, 'joinAfterAddress'),
    fails('otherJson', 'ConnectionError', 1, 'joinAfterAddress'),
    comes('idOnly', 1, 1),
    fails('abortHalf', 'AbortError', 1, 'joinIfWanted'),
    fails('timeoutHalf', 'TimeoutError', 1, 'join'),
  ],
  bodyOfRefusal: [
    ...refused('ContentPolicyViolationError', 1, 'prompt'),
    fails('abortHalf', 'AbortError', 1, 'againIfWanted'),
    fails('timeoutHalf', 'ContentPolicyViolationError', 1, 'prompt'),
  ],
  bodyOfLimit: refused('RateLimitError', spaced, 'limit'),
  bodyOfError: refused('ServerError', 1, 'report'),
}
