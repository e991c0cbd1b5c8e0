import type { Expected, Kind, Moment, Row } from '../support/row.ts'
import { ends, made } from './outcomes.ts'

/** Every kind of upstream and work. */
const kinds: readonly Kind[] = [
  'openai image',
  'fal image',
  'fal film',
  'comfyui image',
  'comfyui film',
]

/** From acceptance to the end. */
const moments: readonly Moment[] = [
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

// A synchronous upstream has no job that could be asked for.
function hasMoment(kind: Kind, moment: Moment): boolean {
  return !kind.startsWith('openai') || (moment !== 'at work' && moment !== 'finished')
}

/** The same misfortune for every kind in every moment; `expect` says what is otherwise than well made. */
export function rowsOf(
  plan: Pick<Row, 'misfortune' | 'script' | 'deadlineSeconds'> & {
    shows?: (moment: Moment) => string | undefined
  },
  expect: (kind: Kind, moment: Moment) => Partial<Expected>,
): Row[] {
  const { shows, ...same } = plan
  return kinds.flatMap((kind) =>
    moments
      .filter((moment) => hasMoment(kind, moment))
      .map((moment) => {
        const label = shows?.(moment)
        const { told, ...end } = expect(kind, moment)
        const outcome = ends(kind, { ...made, ...end })
        const expected = told === undefined ? outcome : { ...outcome, told }
        return { ...same, kind, moment, expected, ...(label === undefined ? {} : { shows: label }) }
      }),
  )
}

/** What a client has heard when the process dies: one that looks by itself may see the end before. */
export function toldBefore(kind: Kind, moment: Moment): Partial<Expected> {
  if (kind.endsWith('film') && isPassed(moment)) return {}
  return { told: moment === 'settled' ? /^(cut off|200 completed, charged)$/ : 'cut off' }
}

/** Whether an order's content is passed, so that a film's 202 is on its way. */
export function isPassed(moment: Moment): boolean {
  return moment !== 'accepted' && moment !== 'checked'
}
