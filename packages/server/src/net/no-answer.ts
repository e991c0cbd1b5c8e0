/** Whether a request that failed had left: `no` is certain (name not found, connection refused, TLS or connect failed). */
export class NoAnswerError extends Error {
  override readonly name = 'NoAnswerError'
  readonly sent: 'no' | 'maybe'

  constructor(message: string, { sent, cause }: { sent: 'no' | 'maybe'; cause?: unknown }) {
    super(message, cause === undefined ? {} : { cause })
    this.sent = sent
  }
}

/** What an error says, also one that has nothing but a code or other errors inside. */
export function describeCause(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause)
  if (cause.message !== '') return cause.message
  // Node's attempts at several addresses have their messages inside only.
  if (cause instanceof AggregateError) return cause.errors.map(describeCause).join('; ')
  return cause.name
}
