import { comes, fails, failsAs, type Row, type Rows } from './rows.ts'
import { runtimeError } from './summary.ts'

const all = 7
const slow = 3
const spaced = 4

/** What becomes of every target in the same way. */
const everywhere: Row[] = [
  fails('reset', 'ConnectionError', all, 'download'),
  fails('halfThenEnd', 'ConnectionError', all, 'download'),
  fails('halfThenReset', 'ConnectionError', all, 'download'),
  fails('stall', 'TimeoutError', slow, 'download'),
  comes('drip'),
  comes('ranges', 4),
  fails('page200', 'ConnectionError', 1, 'link'),
  fails('404', 'NotFoundError', 1, 'link'),
  fails('abort', 'AbortError', 1, 'downloadIfWanted'),
  fails('abortHalf', 'AbortError', 1, 'downloadIfWanted'),
  fails('timeout', 'TimeoutError', 1, 'download'),
  fails('timeoutHalf', 'TimeoutError', 1, 'download'),
]

/** What the rules say about downloads. */
export const downloading: Rows = {
  download: [
    fails('refused', 'ConnectionError', 3, 'linkAddress'),
    fails('halfHead', 'ConnectionError', all, 'download'),
    fails('silence', 'TimeoutError', slow, 'download'),
    ...everywhere,
    comes('changed', 2),
    fails('page502', 'ConnectionError', all, 'download'),
    fails('page504', 'ConnectionError', all, 'download'),
    fails('json504', 'ConnectionError', all, 'download'),
    fails('otherJson', 'ConnectionError', 1, 'link'),
    comes('redirect'),
    fails('401', 'InvalidApiKeyError', 1, 'link'),
    fails('401, X-Should-Retry: true', 'InvalidApiKeyError', all, 'link'),
    fails('402', 'QuotaExceededError', 1, 'link'),
    fails('422', 'ContentPolicyViolationError', 1, 'link'),
    fails('429, Retry-After: 30', 'RateLimitError', spaced, 'download'),
    fails('429, Retry-After: 3600', 'RateLimitError', 1, 'download'),
    fails('500', 'ServerError', all, 'download'),
    fails('500, Retry-After: 0', 'ServerError', all, 'download'),
    fails('500, X-Should-Retry: false', 'ServerError', 1, 'report'),
  ],
  file: [
    ...everywhere,
    comes('changed', 2),
    failsAs('fullDisk', 'ENOSPC', 1, 'disk'),
    failsAs('noFolder', 'ENOENT', 0, 'path'),
    failsAs('isFolder', 'EISDIR', 0, 'path'),
    fails('pipeAbort', 'AbortError', 0, 'downloadIfWanted'),
    fails('pipeTimeout', 'TimeoutError', 0, 'download'),
  ],
  stream: [
    ...everywhere,
    fails('changed', 'ConnectionError', 2, 'newStream'),
    failsAs('failing', 'the reader broke', 1, 'stream'),
    failsAs('failsLater', 'the reader broke', 1, 'stream'),
    fails('stuckAbort', 'AbortError', 1, 'downloadIfWanted'),
    fails('stuckTimeout', 'TimeoutError', 1, 'download'),
    failsAs('closed', 'The stream is closed already.', 0, 'newStream'),
    failsAs('locked', runtimeError, 0, 'newStream'),
    failsAs('closeFails', 'the reader broke', 1, 'stream'),
    fails('closeStuck', 'AbortError', 1, 'downloadIfWanted'),
  ],
}
