import type { Kind, Moment, Outcome } from '../support/row.ts'

/** Made once, stored and paid for. */
export const made = {
  submissions: '1',
  after: '200 completed, charged',
  money: 'charged',
  key: 'bound',
} as const satisfies Partial<Outcome>

/** Whether it was taken cannot be found out: not sent again, and the hold stays while it is looked for. */
export const unknown = {
  submissions: '1',
  after: '200 server_error, failed, not charged, do not retry',
  money: 'held',
  key: 'bound',
} as const satisfies Partial<Outcome>

/** Cancelled in time: nobody pays, and the same request may start anew. */
export const cancelled = {
  after: '200 server_error, failed, not charged, do not retry',
  money: 'returned',
  key: 'free',
} as const satisfies Partial<Outcome>

/**
 * What a process makes of a job that it has taken over. Only ComfyUI can be asked for one whose
 * answer was never written down; it says that there is none once it would be listed.
 */
export function unanswered(kind: Kind, moment: Moment): Partial<Outcome> {
  if (kind.startsWith('comfyui')) return {}
  if (moment === 'submitting') return { ...unknown, submissions: '0' }
  return moment === 'in flight' || moment === 'answered' ? unknown : {}
}
