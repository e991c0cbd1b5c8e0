import type { ErrorName } from './checks.ts'
import type { advice } from './advice.ts'
import type { MisfortuneName } from './acts.ts'
import type { PhaseName } from './phases.ts'
import type { SinkName } from './sinks.ts'

/** What the rules of the client say about one misfortune in one phase. */
export interface Row {
  what: MisfortuneName | SinkName
  /** The class of the error; `value` where the call gives what was asked for. */
  gets: ErrorName | 'value' | 'own'
  /** What ended a wait. */
  cause?: ErrorName
  /** Code or words of an error that is not the client's own. */
  own?: string
  /** How often the request goes out. */
  tries: number | 'for two minutes'
  /** Reads after a submission. */
  reads?: number
  hasId: boolean
  advice: keyof typeof advice
}

export type Rows = Partial<Record<PhaseName, Row[]>>

type What = Row['what']
type Advice = Row['advice']

/** It fails. */
export function fails(what: What, gets: ErrorName, tries: Row['tries'], advice: Advice): Row {
  return { what, gets, tries, advice, hasId: false }
}

/** The waiting ends. */
export function interrupted(what: What, cause: ErrorName, tries: Row['tries'], then?: Advice): Row {
  const advice = then ?? 'wait'
  return { what, gets: 'WaitInterruptedError', cause, tries, advice, hasId: true }
}

/** It ends well. */
export function comes(what: What, tries = 1, reads = 0): Row {
  return { what, gets: 'value', tries, reads, advice: 'nothing', hasId: false }
}

/** It fails with an error that is not the client's own. */
export function failsAs(what: What, own: string, tries: number, advice: Advice): Row {
  return { what, gets: 'own', own, tries, advice, hasId: false }
}
