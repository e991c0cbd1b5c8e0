import type { Kind, Moment, Outcome } from '../support/row.ts'

type End = Omit<Outcome, 'told'>

/** Made once, stored and paid for. */
export const made: End = {
  submissions: '1',
  jobs: '1',
  after: '200 completed, charged',
  money: 'charged',
  key: 'bound',
}

/** Whether it was taken cannot be found out: not sent again, and the hold stays while it is looked for. */
export const unknown: End = {
  submissions: '1',
  jobs: '1',
  after: '200 server_error, failed, not charged, do not retry',
  money: 'held',
  key: 'bound',
}

/** Failed, and a client that tries again begins anew, because it is certain that nobody is billed. */
export const failed: End = {
  submissions: '1',
  jobs: '1',
  after: '200 server_error, failed, not charged, retry',
  money: 'returned',
  key: 'free',
}

/** Failed, and the operator's account was billed, or may have been. */
export const wasted: End = {
  ...failed,
  after: '200 server_error, failed, not charged, do not retry',
  key: 'bound',
}

/** The upstream refused the content. */
export const refused: End = {
  ...failed,
  after: '200 content_policy_violation, failed, not charged, do not retry',
  key: 'bound',
}

/** Cancelled in time: nobody pays, and the same request may start anew. */
export const cancelled: End = { ...wasted, key: 'free' }

/**
 * What a process makes of a job that it has taken over. Only ComfyUI can be asked for one whose
 * answer was never written down; it says that there is none once it would be listed.
 */
export function unanswered(kind: Kind, moment: Moment): Partial<End> {
  if (kind.startsWith('comfyui')) return {}
  if (moment === 'submitting') return { ...unknown, submissions: '0', jobs: '0' }
  return moment === 'in flight' || moment === 'answered' ? unknown : {}
}

/** An end with what was told: to a picture's client the same, and about a film that it is accepted. */
export function ends(kind: Kind, end: End): Outcome {
  const { after } = end
  if (kind.endsWith('film')) return { told: '202 pending, not charged', ...end }
  const code = /^200 (\w+), failed/.exec(after)?.[1]
  const told =
    code === undefined ? after : after.replace('200', statuses[code] ?? '').replace(' failed,', '')
  return { told, ...end }
}

const statuses: Record<string, string> = {
  server_error: '500',
  content_policy_violation: '422',
  invalid_parameter: '400',
  rate_limit: '429',
}
