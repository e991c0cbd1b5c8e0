import { isFilmgateError, type AnyFilmgateError } from '../../../packages/client/src/index.ts'
import { WrongValue, type Caller, type Kind } from './calls.ts'
import type { CallRecord } from './record.ts'
import { streamError } from './streams.ts'

/** Does a call, and says how it ended. What it may not end with is noted in its record. */
export async function endingOf(kind: Kind | undefined, caller: Caller): Promise<string> {
  const { record } = caller
  try {
    const value = await kind?.(caller)
    checkIds(record, JSON.stringify(value))
    return 'well'
  } catch (error) {
    if (isFilmgateError(error)) {
      checkIds(record, `${error.generationId} ${error.message}`)
      checkError(record, error)
      return error.code
    }
    const { message } = error as Error
    if (message === streamError) return 'error of the stream'
    record.wrongs.push(error instanceof WrongValue ? message : `a raw ${String(error)}`)
    checkIds(record, message)
    return 'wrong'
  }
}

/** Whether every id that arrived at the client is named by what the call came to. */
function checkIds({ told, made, honoursKeys, wrongs }: CallRecord, named: string): void {
  for (const id of told) if (!named.includes(id)) wrongs.push(`the id ${id} was lost`)
  if (honoursKeys && made.length > 1) wrongs.push('a second generation')
}

function checkError({ keys, wrongs }: CallRecord, error: AnyFilmgateError): void {
  const { code, generation, generationId, idempotencyKey } = error
  const [key] = keys
  const isKeyTold = key === undefined || generation || idempotencyKey === key
  if (!isKeyTold) wrongs.push('an error that does not name the key')
  if (code === 'wait_interrupted' && !generationId) wrongs.push('a wait without its id')
}
