import type { Outcome } from '../support/row.ts'

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
