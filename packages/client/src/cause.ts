/**
 * What a thing that was thrown says. Not by its class: Jest and edge platforms run programs in a
 * realm whose Error is not the one that their fetch throws.
 */
interface ErrorLike {
  message: unknown
  name?: unknown
  code?: unknown
  cause?: unknown
}

/** The reason, which fetch hides one or two causes deep: "fetch failed", by "connect ECONNREFUSED". */
export function reasonOf(thrown: unknown): string {
  const reasons = chain(thrown).map(({ message }) => message)
  const reason = [thrown, ...reasons].findLast((each) => each && typeof each === 'string')
  return (reason as string | undefined)?.replaceAll(/\s+/g, ' ') ?? 'the connection failed'
}

/** Whether no server can have seen the request: nobody listens there, or no secure connection came about. */
export function isNobodyThere(thrown: unknown): boolean {
  const words = chain(thrown)
    .map(({ message, code }) => `${String(message)} ${String(code)}`)
    .join(' ')
  // A connection that stood and broke has the network's words as well.
  if (/\b(read|write) E|bad.record|hang up/i.test(words)) return false
  return /ECONNREFUSED|ENOTFOUND|EAI_AGAIN|E(HOST|NET)UNREACH|CONNECT_TIMEOUT|SSL|CERT|connection ?refused/i.test(
    words,
  )
}

/**
 * Whether a mistake in the program was thrown, not a broken network. Runtimes tell of that as a
 * TypeError, each in words of its own. So it is the mistakes that are recognised: they come in few
 * wordings, and are the same at the next try.
 */
export function isMistake(thrown: unknown): boolean {
  const [first] = chain(thrown)
  if (!first) return false
  if (['ReferenceError', 'SyntaxError', 'RangeError'].includes(String(first.name))) return true
  // What hides a reason is the network's, but for an address that fetch refuses to try.
  const wordings = first.cause
    ? /bad port/
    : /not a (function|constructor|Response)|not iterable|undefined|null|read-only|Invalid URL/
  return first.name === 'TypeError' && wordings.test(reasonOf(thrown))
}

function chain(thrown: unknown): ErrorLike[] {
  const errors: ErrorLike[] = []
  for (let error = thrown; isErrorLike(error) && errors.length < 5; error = error.cause) {
    errors.push(error)
  }
  return errors
}

function isErrorLike(value: unknown): value is ErrorLike {
  return typeof value === 'object' && value !== null && 'message' in value
}
