import { expect, test } from 'vitest'
import type { ErrorCode } from '../contract/errors.ts'
import type { Attempt } from '../generations/attempt.ts'
import type { Generation } from '../generations/generation.ts'
import { describeTrail } from './describe-trail.ts'

type UpstreamFailure = NonNullable<Attempt['failure']>

const noon = Date.UTC(2026, 10, 24, 12)
const at = (seconds: number) => noon + seconds * 1000

const pending: Generation = {
  id: 'gen_1',
  workspaceId: 'ws_1',
  keyId: 'key_1',
  mode: 'live',
  type: 'image',
  model: 'house-style',
  input: {
    prompt: '',
    images: [],
    aspectRatio: '1:1',
    resolution: '1K',
    seed: null,
    outputFormat: 'png',
    duration: null,
    sound: null,
  },
  status: 'pending',
  checkedAt: at(1),
  cancelRequestedAt: null,
  price: { unitPriceMicros: 30_000, quantity: 1, costMicros: 30_000 },
  idempotencyKey: null,
  requestId: 'req_1',
  progress: null,
  queuePosition: null,
  failure: null,
  upstreamBilled: 'no',
  deadlineAt: at(50),
  createdAt: at(0),
  endedAt: null,
  reconcileUntil: null,
}

const completed: Partial<Generation> = { status: 'completed', endedAt: at(9) }

function failedBecause(reason: string, code: ErrorCode = 'server_error'): Partial<Generation> {
  const failure = { code, reason, message: '', param: null, shouldRetry: false }
  return { status: 'failed', endedAt: at(9), failure }
}

const sent: Attempt = {
  id: 'att_1',
  generationId: 'gen_1',
  number: 1,
  upstream: 'fal',
  credential: 'FAL_KEY',
  upstreamModel: 'fal-ai/flux/schnell',
  state: 'submitting',
  ref: null,
  delivery: null,
  failure: null,
  billed: 'unknown',
  createdAt: at(1),
  updatedAt: at(2),
}

const ref = { id: 'job-7' }

function refusal(failure: Partial<UpstreamFailure>): Partial<Attempt> {
  const whole: UpstreamFailure = {
    kind: 'transient',
    note: '',
    job: 'none',
    billed: 'no',
    ...failure,
  }
  return {
    state: whole.job === 'ended' ? 'failed' : 'refused',
    failure: whole,
    billed: whole.billed,
  }
}

function tell(
  generation: Partial<Generation>,
  attempts: Partial<Attempt>[] = [],
  fileCount = 0,
): string[] {
  return describeTrail({
    generation: { ...pending, ...generation },
    attempts: attempts.map((each, index) => ({ ...sent, number: index + 1, ...each })),
    fileCount,
  })
}

/** What is said of an attempt, after that it was sent. */
function tellOne(attempt: Partial<Attempt>, generation: Partial<Generation> = {}): string[] {
  const lines = tell(generation, [attempt])
  return lines.slice(lines.findIndex((line) => line.includes('sent to fal')) + 1)
}

test('a picture that is refused once and then made, from acceptance to the charge', () => {
  const throttled = refusal({ kind: 'throttled', httpStatus: 429, retryAfterMs: 2000 })
  const again = {
    ref,
    state: 'succeeded',
    billed: 'yes',
    createdAt: at(4),
    updatedAt: at(9),
  } as const
  expect(tell(completed, [throttled, again], 1)).toEqual([
    '12:00:00  accepted, $0.03 held',
    '12:00:01  the prompt passed the checks',
    '12:00:01  sent to fal (fal-ai/flux/schnell) with FAL_KEY',
    '12:00:02  fal took no more: 429, asked to wait 2 s; not billed',
    '12:00:04  sent again to fal (fal-ai/flux/schnell) with FAL_KEY, 2 of 3',
    '12:00:09  fal delivered 1 file as job job-7; billed',
    '12:00:09  completed; $0.03 charged',
  ])
})

test('a test key is told from a live one', () => {
  expect(tell({ ...completed, mode: 'test' })).toEqual([
    '12:00:00  accepted, with a test key, which costs nothing',
    '12:00:01  the prompt passed the checks',
    '12:00:09  completed; nothing charged',
  ])
})

test('another route, and an upstream without a key', () => {
  const down = refusal({ note: 'connection refused' })
  const elsewhere = { upstream: 'gpu-1', credential: null, upstreamModel: 'house-style' }
  const lines = tell({}, [down, { ...elsewhere, createdAt: at(3), updatedAt: at(3) }])
  expect(lines).toContain('12:00:02  fal did not take it: connection refused; not billed')
  expect(lines).toContain('12:00:03  sent to gpu-1 (house-style) instead')
})

test('what may never have left is not said to have been sent', () => {
  const unsent = { ...refusal({ note: 'the image cannot be uploaded' }), updatedAt: sent.createdAt }
  expect(tell({}, [unsent])[2]).toBe(
    '12:00:01  tried to send to fal (fal-ai/flux/schnell) with FAL_KEY: fal did not take it: the image cannot be uploaded; not billed',
  )
})

test.each<[string, Partial<UpstreamFailure>]>([
  ['fal refused the content; billed', { kind: 'moderated', job: 'ended', billed: 'yes' }],
  ['fal did not accept aspectRatio; not billed', { kind: 'bad_input', field: 'aspectRatio' }],
  ['fal did not accept the request; not billed', { kind: 'bad_input' }],
  ['fal did not accept FAL_KEY: 401; not billed', { kind: 'credential', httpStatus: 401 }],
  ['the account of FAL_KEY at fal has no money or no plan; not billed', { kind: 'funds' }],
  ['fal does not have fal-ai/flux/schnell; not billed', { kind: 'model_gone' }],
  ['fal took it and failed; not billed', { kind: 'transient', job: 'ended' }],
  ['fal lost the job; not billed', { kind: 'lost', job: 'ended' }],
  [
    'fal delivered nothing usable: the result is no picture; whether it was billed is not known',
    { kind: 'useless', note: 'the result is no picture', job: 'ended', billed: 'unknown' },
  ],
  ['fal took no more (rehearsed); not billed', { kind: 'throttled', isRehearsed: true }],
  ['fal did not take it: HTTP 503: no; not billed', { httpStatus: 503, note: 'HTTP 503:\n no' }],
  ['fal took no more, asked to wait 250 ms; not billed', { kind: 'throttled', retryAfterMs: 250 }],
])('of a failed attempt: %s', (line, failure) => {
  expect(tellOne(refusal(failure))[0]).toBe(`12:00:02  ${line}`)
})

test.each<[string, Partial<Attempt>, Partial<Generation>]>([
  ['no answer of fal is on record yet', {}, {}],
  [
    'whether fal took it is being looked up; until that is known it is not sent again',
    { ...refusal({ job: 'possible' }), state: 'submitting' },
    {},
  ],
  ['fal is at work', { state: 'submitted', ref }, {}],
  [
    'fal is at work, 40 % done, at place 3 of its queue',
    { state: 'submitted', ref },
    { progress: 0.4, queuePosition: 3 },
  ],
  [
    'its files are being fetched, checked and kept',
    { state: 'delivered', delivery: { billed: 'yes', files: [] } },
    {},
  ],
  ['waiting until it is tried again', refusal({}), {}],
])('of one that goes on: %s', (line, attempt, generation) => {
  expect(tellOne(attempt, generation).at(-1)).toBe(`now       ${line}; the deadline is 12:00:50`)
})

test('what was accepted and not sent', () => {
  expect(tell({ checkedAt: null }).slice(1)).toEqual([
    'now       not checked yet; the deadline is 12:00:50',
  ])
  expect(tell({}).at(-1)).toContain('not sent yet, and waiting for room; the deadline is')
})

test('what an upstream has taken, and what has arrived of it', () => {
  expect(tellOne({ state: 'submitted', ref })[0]).toBe('12:00:02  fal took it as job job-7')
  const kept = { kind: 'kept', storageKey: 'k', sha256: 's', bytes: 1 } as const
  const remote = { kind: 'remote', source: null } as const
  const delivery: Attempt['delivery'] = { billed: 'yes', files: [kept, remote] }
  expect(tellOne({ state: 'delivered', ref, delivery })[0]).toBe(
    '12:00:02  fal delivered 2 files as job job-7, 1 of them still to be fetched',
  )
})

test('the own id of an attempt is no name of a job', () => {
  expect(tellOne({ state: 'submitted', ref: { id: sent.id } })[0]).toBe('12:00:02  fal took it')
})

test('an end that leaves open what became of the job, while it is looked up', () => {
  const open = { ...failedBecause('outcome_unknown'), reconcileUntil: at(86_409) }
  const lost = refusal({ job: 'possible', billed: 'unknown', note: 'the connection broke' })
  expect(tellOne({ ...lost, state: 'unknown', updatedAt: at(9) }, open)).toEqual([
    '12:00:09  whether fal took it is not known: the connection broke',
    '12:00:09  failed: server_error (outcome_unknown); nothing charged',
    'now       what became of it is looked up every 60 s, until 2026-11-25 12:00:09 at the latest; $0.03 stays held',
  ])
  expect(tellOne({ state: 'unknown', ref, updatedAt: at(9) }, { ...open, mode: 'test' })).toEqual([
    '12:00:09  fal took it as job job-7, and had not finished it in time',
    '12:00:09  failed: server_error (outcome_unknown); nothing charged',
    'now       what became of it is looked up every 60 s, until 2026-11-25 12:00:09 at the latest',
  ])
  expect(tellOne({ state: 'unknown', ref, updatedAt: at(20) }, open)[1]).toBe(
    '12:00:20  by now it is known that fal took it as job job-7',
  )
})

test.each<[string, Partial<Attempt>]>([
  [
    'by now it is certain that fal bills nothing for it',
    { ...refusal({ job: 'possible', billed: 'unknown' }), state: 'refused', billed: 'no' },
  ],
  [
    'by now it is known that fal made it, too late for anybody; billed',
    { state: 'failed', ref, billed: 'yes' },
  ],
  ['what became of it at fal could not be found out; given up', { state: 'failed' }],
  ['fal refused the content; billed', refusal({ kind: 'moderated', job: 'ended', billed: 'yes' })],
])('found out after the end: %s', (line, attempt) => {
  const over = failedBecause('outcome_unknown')
  expect(tellOne({ ...attempt, updatedAt: at(70) }, over).at(-1)).toBe(
    `12:01:10  ${line}; the hold of $0.03 went back`,
  )
})

test.each<[string, Partial<Attempt>, Partial<Generation>]>([
  ['fal stopped it; not billed', { billed: 'no' }, failedBecause('cancelled')],
  [
    'fal delivered 0 files, which could not be kept; billed',
    { billed: 'yes', delivery: { billed: 'yes', files: [] } },
    failedBecause('storage_unavailable'),
  ],
  [
    'no result of fal was here in time; billed',
    { billed: 'yes' },
    failedBecause('deadline_exceeded'),
  ],
  ['fal came to no result; billed', { billed: 'yes' }, failedBecause('internal')],
])('an end without a word of the upstream: %s', (line, attempt, generation) => {
  expect(tellOne({ ...attempt, state: 'failed', updatedAt: at(9) }, generation)[0]).toBe(
    `12:00:09  ${line}`,
  )
})

test('a result that a check withheld', () => {
  const withheld = failedBecause('output_refused', 'content_policy_violation')
  const [line] = tellOne({ state: 'failed', billed: 'yes', updatedAt: at(9) }, withheld)
  expect(line).toBe('12:00:09  fal delivered, and a check withheld the result; billed')
})

test('a cancellation, and lines of two days', () => {
  const lines = tell({
    createdAt: at(-60),
    checkedAt: null,
    cancelRequestedAt: at(43_200),
    ...failedBecause('cancelled'),
    endedAt: at(43_200),
  })
  expect(lines).toEqual([
    '2026-11-24 11:59:00  accepted, $0.03 held',
    '2026-11-25 00:00:00  its owner asked to cancel it',
    '2026-11-25 00:00:00  failed: server_error (cancelled); nothing charged',
  ])
})
