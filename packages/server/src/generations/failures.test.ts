import { expect, test } from 'vitest'
import type { FailureKind, UpstreamFailure } from '../upstreams/upstream.ts'
import {
  allThrottled,
  cancelledFailure,
  failureTable,
  noRoute,
  notStoredFailure,
  overdueFailure,
  overdueUnknownFailure,
  toFailure,
  toOutcome,
  uncheckedFailure,
  unknownFailure,
  unsentFailure,
} from './failures.ts'

const failure = (changes: Partial<UpstreamFailure>): UpstreamFailure => ({
  kind: 'transient',
  note: 'a secret of the operator',
  job: 'none',
  billed: 'no',
  ...changes,
})
const told = (changes: Partial<UpstreamFailure>) => toFailure(failure(changes)).toRecord()
const followsFrom = (changes: Partial<UpstreamFailure>) => {
  const each = failure(changes)
  return failureTable[each.kind].follows(each)
}

test.each<[Partial<UpstreamFailure>, string]>([
  [{ kind: 'moderated' }, 'end'],
  [{ kind: 'bad_input', field: 'duration' }, 'end'],
  [{ kind: 'bad_input' }, 'next route'],
  [{ kind: 'throttled' }, 'same route'],
  [{ kind: 'credential' }, 'next route'],
  [{ kind: 'funds' }, 'next route'],
  [{ kind: 'model_gone' }, 'next route'],
  [{ kind: 'transient' }, 'same route'],
  [{ kind: 'transient', job: 'ended' }, 'next route'],
  [{ kind: 'lost', job: 'ended' }, 'same route'],
  [{ kind: 'useless', job: 'ended' }, 'same route'],
])('from %j follows: %s', (changes, follows) => {
  expect(followsFrom(changes)).toBe(follows)
})

test('content that the model refuses is told of the field, and of the prompt where none is named', () => {
  expect(told({ kind: 'moderated' })).toEqual({
    code: 'content_policy_violation',
    reason: 'model_refused',
    message: 'The model refused this content. Revise the prompt or the reference images.',
    param: 'prompt',
    shouldRetry: false,
  })
  expect(told({ kind: 'moderated', field: 'images[1]' }).param).toBe('images[1]')
})

test('a value that the model refuses is named as the request names it', () => {
  expect(told({ kind: 'bad_input', field: 'aspectRatio' })).toEqual({
    code: 'invalid_parameter',
    reason: 'upstream_rejected_value',
    message:
      'The model does not accept this value of aspect_ratio. Change it, or choose another model.',
    param: 'aspect_ratio',
    shouldRetry: false,
  })
})

test.each<FailureKind>([
  'bad_input',
  'throttled',
  'credential',
  'funds',
  'model_gone',
  'transient',
])('trouble of kind %s is not shown as the own fault of the client', (kind) => {
  expect(told({ kind })).toEqual({
    code: 'server_error',
    reason: 'upstream_failed',
    message: 'The model failed to produce a result. You are not charged; try again.',
    param: null,
    shouldRetry: true,
  })
  expect(told({ kind, retryAfterMs: 7000 }).retryAfterMs).toBe(7000)
})

test.each<FailureKind>(['lost', 'useless'])('of what is %s there is nothing usable', (kind) => {
  expect(told({ kind })).toMatchObject({
    code: 'server_error',
    reason: 'output_unusable',
    message: 'The model delivered nothing usable. You are not charged; try again.',
    shouldRetry: true,
  })
})

test('what was rehearsed says so, and nothing else does', () => {
  expect(told({ isRehearsed: true }).message).toContain('Rehearsed')
  expect(told({ isRehearsed: false }).message).not.toContain('Rehearsed')
})

test('nothing that the client is told holds what the upstream said', () => {
  for (const kind of Object.keys(failureTable)) {
    // These are the keys of the table.
    expect(JSON.stringify(told({ kind: kind as FailureKind }))).not.toContain('secret')
  }
})

test('a model that takes no more refuses an image for a wait that clients keep to', () => {
  expect(allThrottled('image', 30_500).toRecord()).toMatchObject({
    code: 'rate_limit',
    reason: 'model_busy',
    retryAfterMs: 30_500,
    shouldRetry: true,
  })
  expect(allThrottled('image', 0).retryAfterMs).toBe(1000)
  expect(allThrottled('image', 1e9).retryAfterMs).toBe(60_000)
})

test('a video that nobody takes fails, with the same wait', () => {
  expect(allThrottled('video', 30_500).toRecord()).toMatchObject({
    code: 'server_error',
    reason: 'upstream_failed',
    retryAfterMs: 30_500,
    shouldRetry: true,
  })
})

test.each([
  ['no route', noRoute(), 'upstream_failed', true, 'Nobody makes this model'],
  ['cancelled', cancelledFailure(), 'cancelled', false, 'cancelled at your request'],
  ['overdue', overdueFailure(), 'deadline_exceeded', true, 'did not finish in the time'],
  ['unsent', unsentFailure(), 'deadline_exceeded', true, 'never begun'],
  ['unchecked', uncheckedFailure(), 'deadline_exceeded', true, 'fetched and checked'],
  ['not stored', notStoredFailure(), 'storage_unavailable', true, 'a fault of this server'],
  ['unknown', unknownFailure(), 'outcome_unknown', false, 'not known yet'],
  ['overdue, unknown', overdueUnknownFailure(), 'deadline_exceeded', false, 'still be at work'],
])('%s: a server_error of its own reason, advice and words', (_what, end, reason, retry, words) => {
  expect(end.toRecord()).toMatchObject({ code: 'server_error', reason, shouldRetry: retry })
  expect(end.message).toContain(words)
  expect(end.message).toMatch(/not charged|costs nothing/)
})

test.each([unknownFailure(), overdueUnknownFailure()])(
  'what was open is not told as open for ever: $reason',
  (open) => {
    const record = open.toRecord()
    expect(record.message).toContain('being looked up')
    expect(toOutcome(record, 'no')).toEqual({
      code: 'server_error',
      reason: 'upstream_failed',
      message:
        'The model did not answer in time. By now it is certain that it made nothing. You are not charged; try again.',
      param: null,
      shouldRetry: true,
    })
    expect(toOutcome(record, 'yes')).toEqual({
      ...record,
      message:
        'The model took the job, but did not deliver it in time. You are not charged. To have it made anew, send the request with another Idempotency-Key.',
    })
    expect(toOutcome(record, 'unknown').message).toMatch(
      /^What became of the job could not be found/,
    )
  },
)

test('what was said for another reason stays', () => {
  const record = cancelledFailure().toRecord()
  for (const billed of ['no', 'yes', 'unknown'] as const) {
    expect(toOutcome(record, billed)).toEqual(record)
  }
})
