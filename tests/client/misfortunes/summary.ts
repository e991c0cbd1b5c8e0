import { isFilmgateError } from '../../../packages/client/src/index.ts'
import type { Observed } from './run-cell.ts'
import type { Row } from './rows.ts'

/** What a cell came to, in the words of a row. */
export interface Summary extends Pick<Row, 'gets' | 'cause' | 'own' | 'hasId'> {
  code?: string
  tries: number | 'for two minutes'
  reads: number
}

/** What stands for an error that a runtime throws, of which each version has its own. */
export const runtimeError = 'an error of the runtime'

/** The longest that anything is repeated, and what is enough of it to call it that long. */
const twoMinutesMs = { least: 100_000, most: 120_000 }

/** Tells what was observed as a row would. */
export function summaryOf({ error, tries, triedForMs, seen }: Observed): Summary {
  const { least, most } = twoMinutesMs
  const isLong = tries > 7 && triedForMs >= least && triedForMs <= most
  const submissions = seen.filter(({ method }) => method === 'POST')
  const isSubmission = submissions.some(({ isStruck }) => isStruck)
  const facts = {
    tries: isLong ? ('for two minutes' as const) : tries,
    reads: isSubmission ? seen.length - submissions.length : 0,
  }
  if (error === undefined) return { gets: 'value', hasId: false, ...facts }
  if (!isFilmgateError(error)) return { gets: 'own', own: wordsOf(error), hasId: false, ...facts }
  const { code, generationId, cause } = error
  return {
    // The name of a class of this package, which the exports of the package are asked for below.
    gets: error.name as Row['gets'],
    code,
    hasId: generationId !== undefined,
    ...(isFilmgateError(cause) && { cause: cause.name as NonNullable<Row['cause']> }),
    ...facts,
  }
}

function wordsOf(error: unknown): string {
  const { code, message } = error as { code?: string; message?: string }
  if (code?.startsWith('ERR_')) return runtimeError
  return code ?? message ?? String(error)
}
