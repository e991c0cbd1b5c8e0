/**
 * What may be said when something goes wrong after a generation was accepted. Nothing here knows
 * that nothing was charged, or that sending the request again is safe: it goes on without us, and
 * whoever is told to try again makes a second one and pays for both.
 */
import { fail, type Failure } from '../../contract/failure.ts'
import type { ErrorReason } from '../../contract/errors.ts'
import type { GenerationType } from '../../contract/generations.ts'
import type { AnswerFacts } from '../handle.ts'

/** A generation that stands for this request from now on. */
export interface AcceptedGeneration {
  id: string
  type: GenerationType
  /** Whether the same request, sent again, finds this generation: it has an Idempotency-Key. */
  isRepeatable: boolean
}

/** Why an answer cannot wait for the end. */
export class Interruption extends Error {
  override readonly name = 'Interruption'
  readonly reason: ErrorReason<'server_error'>

  constructor(reason: ErrorReason<'server_error'>, message: string, cause?: unknown) {
    super(message, { cause })
    this.reason = reason
  }
}

/** The server is stopping while a caller waits. */
export function stoppedWaiting(): Interruption {
  return new Interruption('shutting_down', 'The server is restarting.')
}

/** The deadline has passed, and not even that could be written down. */
export function overdue(): Interruption {
  const what = 'A fault of this server keeps the generation from ending in the time it is given.'
  return new Interruption('deadline_exceeded', what)
}

/** Does a part of the answer; whatever it throws is told as what is known of the generation. */
export async function sinceAccepted<Value>(
  accepted: AcceptedGeneration,
  facts: AnswerFacts,
  work: () => Promise<Value>,
): Promise<Value> {
  try {
    return await work()
  } catch (error) {
    const why =
      error instanceof Interruption
        ? error
        : new Interruption('internal', 'Something went wrong on this server.', error)
    throw toFailure(why, accepted, facts)
  }
}

function toFailure(
  { reason, message, cause }: Interruption,
  { id, type, isRepeatable }: AcceptedGeneration,
  { isPending, billed }: AnswerFacts,
): Failure {
  const bill = billed === true ? 'and was charged' : 'and was not charged'
  const state =
    isPending === false ? `has ended ${bill}` : 'was accepted and goes on; its end decides the bill'
  const again = isRepeatable
    ? 'or send the same request with the same Idempotency-Key'
    : 'since sending the request again would make a second one'
  return fail('server_error', reason, {
    message: `${message} The generation ${state}. Read it with GET /v2/${type}s/generations/${id}, ${again}.`,
    shouldRetry: isRepeatable,
    cause,
  })
}
