import type { Kind, Moment, Outcome, Row } from '../support/row.ts'
import { made } from './outcomes.ts'

/** Every kind of upstream and work. */
export const kinds: readonly Kind[] = [
  'openai image',
  'fal image',
  'fal film',
  'comfyui image',
  'comfyui film',
]

/** From acceptance to the end. A synchronous upstream has no job that could be asked for. */
export const moments: readonly Moment[] = [
  'accepted',
  'checked',
  'submitting',
  'in flight',
  'answered',
  'recorded',
  'at work',
  'finished',
  'stored',
  'settled',
]

/** Whether a kind of work ever comes into a moment. */
export function hasMoment(kind: Kind, moment: Moment): boolean {
  return !kind.startsWith('openai') || (moment !== 'at work' && moment !== 'finished')
}

/** The same misfortune for every kind in every moment; what is made of it where nothing else is said. */
export function rowsOf(
  misfortune: string,
  expect: (kind: Kind, moment: Moment) => Partial<Outcome>,
  shows?: (kind: Kind, moment: Moment) => string | undefined,
): Row[] {
  return kinds.flatMap((kind) =>
    moments
      .filter((moment) => hasMoment(kind, moment))
      .map((moment) => {
        const label = shows?.(kind, moment)
        const expected = { told: toldFirst(kind, moment), ...made, ...expect(kind, moment) }
        return {
          kind,
          misfortune,
          moment,
          expected,
          ...(label === undefined ? {} : { shows: label }),
        }
      }),
  )
}

/** Whoever waits is cut off with the process; a film's answer came before, once its content was passed. */
function toldFirst(kind: Kind, moment: Moment): string {
  const isTold = kind.endsWith('film') && moment !== 'accepted' && moment !== 'checked'
  return isTold ? '202 pending, not charged' : 'cut off'
}
