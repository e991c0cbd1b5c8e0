/** What happened to one attempt, in the words of the operator. */
import { triesPerRoute } from '../generations/decide.ts'
import type { Attempt } from '../generations/attempt.ts'
import type { Generation } from '../generations/generation.ts'
import { formatDollars } from '../ledger/money.ts'
import type { Moment, Trail } from './describe-trail.ts'
import { toDuration } from './output.ts'

type UpstreamFailure = NonNullable<Attempt['failure']>
type Billed = Attempt['billed']

const bills: Readonly<Record<Billed, string>> = {
  yes: 'billed',
  no: 'not billed',
  unknown: 'whether it was billed is not known',
}

/** That it was sent, and what came of it. */
export function describeAttempt(attempt: Attempt, trail: Trail): Moment[] {
  const { state, createdAt, updatedAt, failure } = attempt
  const where = describeSending(attempt, trail.attempts)
  // What could not even be prepared is written down in one go; so may be what was refused at once.
  if (state === 'refused' && createdAt === updatedAt && failure !== null) {
    return [{ at: createdAt, text: `tried to send ${where}: ${describeFailure(failure, attempt)}` }]
  }
  const outcome = describeOutcome(attempt, trail)
  const sent = { at: createdAt, text: `sent ${where}` }
  return outcome === undefined ? [sent] : [sent, { at: updatedAt, text: outcome }]
}

function describeSending(attempt: Attempt, attempts: readonly Attempt[]): string {
  const { upstream, upstreamModel, credential, number } = attempt
  const tries = attempts.filter(
    (each) =>
      each.upstream === upstream && each.upstreamModel === upstreamModel && each.number <= number,
  ).length
  const where = `${upstream} (${upstreamModel})${credential === null ? '' : ` with ${credential}`}`
  if (tries > 1) return `again to ${where}, ${tries} of ${triesPerRoute}`
  return number > 1 ? `to ${where} instead` : `to ${where}`
}

function describeOutcome(attempt: Attempt, trail: Trail): string | undefined {
  const { upstream, state, failure, billed, updatedAt } = attempt
  const job = describeJob(attempt)
  const isLate = updatedAt > (trail.generation.endedAt ?? Infinity)
  switch (state) {
    case 'submitting':
      return failure === null ? undefined : describeFailure(failure, attempt)
    case 'submitted':
      return `${upstream} took it${job}`
    case 'delivered':
      return describeDelivery(attempt, job)
    case 'succeeded':
      return `${upstream} delivered ${toFiles(trail.fileCount)}${job}; ${bills[billed]}`
    case 'unknown':
      return describeUnknown(attempt, { job, isLate })
    case 'refused':
    case 'failed':
      if (isLate) return describeLate(attempt, trail.generation)
      return failure === null
        ? describeEnd(attempt, trail.generation)
        : describeFailure(failure, attempt)
  }
}

// Where the upstream has no names for its jobs, the attempt's own stands in.
function describeJob({ id, ref }: Attempt): string {
  return ref === null || ref.id === id ? '' : ` as job ${ref.id}`
}

function describeDelivery({ upstream, delivery }: Attempt, job: string): string {
  const files = delivery?.files ?? []
  const remote = files.filter(({ kind }) => kind === 'remote').length
  const rest = remote === 0 ? '' : `, ${remote} of them still to be fetched`
  return `${upstream} delivered ${toFiles(files.length)}${job}${rest}`
}

function describeUnknown(
  { upstream, ref, failure }: Attempt,
  { job, isLate }: { job: string; isLate: boolean },
): string {
  if (ref !== null) {
    const took = `${upstream} took it${job}`
    return isLate ? `by now it is known that ${took}` : `${took}, and had not finished it in time`
  }
  return `whether ${upstream} took it is not known${failure === null ? '' : `: ${toLine(failure.note)}`}`
}

/** What was found out after the generation had ended as unknown. */
function describeLate(attempt: Attempt, generation: Generation): string {
  const { upstream, failure, billed } = attempt
  const isBack = generation.reconcileUntil === null && generation.mode === 'live'
  const hold = isBack
    ? `; the hold of $${formatDollars(generation.price.costMicros)} went back`
    : ''
  if (failure !== null && failure.job !== 'possible') {
    return `${describeFailure(failure, attempt)}${hold}`
  }
  const found: Record<Billed, string> = {
    yes: `by now it is known that ${upstream} made it, too late for anybody; billed`,
    no: `by now it is certain that ${upstream} bills nothing for it`,
    unknown: `what became of it at ${upstream} could not be found out; given up`,
  }
  return `${found[billed]}${hold}`
}

/** The end of an attempt that the upstream gave no reason for; the generation's tells. */
function describeEnd({ upstream, delivery, billed }: Attempt, { failure }: Generation): string {
  const bill = bills[billed]
  if (failure?.reason === 'cancelled') return `${upstream} stopped it; ${bill}`
  if (failure?.code === 'content_policy_violation') {
    return `${upstream} delivered, and a check withheld the result; ${bill}`
  }
  if (delivery !== null) {
    return `${upstream} delivered ${toFiles(delivery.files.length)}, which could not be kept; ${bill}`
  }
  if (failure?.reason === 'deadline_exceeded') {
    return `no result of ${upstream} was here in time; ${bill}`
  }
  return `${upstream} came to no result; ${bill}`
}

const told: Readonly<
  Record<UpstreamFailure['kind'], (failure: UpstreamFailure, attempt: Attempt) => string>
> = {
  moderated: (_, { upstream }) => `${upstream} refused the content`,
  bad_input: ({ field }, { upstream }) => `${upstream} did not accept ${field ?? 'the request'}`,
  throttled: (_, { upstream }) => `${upstream} took no more`,
  credential: (_, { upstream, credential }) =>
    `${upstream} did not accept ${credential ?? 'a request without a key'}`,
  funds: (_, { upstream, credential }) =>
    `the account${credential === null ? '' : ` of ${credential}`} at ${upstream} has no money or no plan`,
  model_gone: (_, { upstream, upstreamModel }) => `${upstream} does not have ${upstreamModel}`,
  transient: ({ job }, { upstream }) => {
    if (job === 'possible') return `${upstream} may have taken it, and its answer was lost`
    return job === 'ended' ? `${upstream} took it and failed` : `${upstream} did not take it`
  },
  lost: (_, { upstream }) => `${upstream} lost the job`,
  useless: (_, { upstream }) => `${upstream} delivered nothing usable`,
}

function describeFailure(failure: UpstreamFailure, attempt: Attempt): string {
  const { note, httpStatus, retryAfterMs, isRehearsed, billed } = failure
  const line = toLine(note)
  const said = [
    ...(httpStatus === undefined || line.includes(String(httpStatus)) ? [] : [httpStatus]),
    ...(line === '' ? [] : [line]),
  ].join(', ')
  return [
    told[failure.kind](failure, attempt),
    said === '' ? '' : `: ${said}`,
    retryAfterMs === undefined ? '' : `, asked to wait ${toDuration(retryAfterMs)}`,
    isRehearsed === true ? ' (rehearsed)' : '',
    `; ${bills[billed]}`,
  ].join('')
}

/** What is going on with the last attempt of a generation that has not ended. */
export function describeUnderWay(
  { state, upstream, failure }: Attempt,
  { progress, queuePosition }: Generation,
): string {
  switch (state) {
    case 'submitting':
      return failure === null
        ? `no answer of ${upstream} is on record yet`
        : `whether ${upstream} took it is being looked up; until that is known it is not sent again`
    case 'submitted': {
      const done = progress === null ? '' : `, ${Math.round(progress * 100)} % done`
      const place = queuePosition === null ? '' : `, at place ${queuePosition} of its queue`
      return `${upstream} is at work${done}${place}`
    }
    case 'delivered':
      return 'its files are being fetched, checked and kept'
    default:
      return 'waiting until it is tried again'
  }
}

function toFiles(count: number): string {
  return count === 1 ? '1 file' : `${count} files`
}

// A note is an upstream's own words: what would begin a line of its own here must not.
function toLine(note: string): string {
  return note.replaceAll(/\s+/g, ' ').trim()
}
