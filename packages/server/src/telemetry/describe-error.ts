/** An error as the log shows it. */
export interface DescribedError {
  type: string
  code?: string
  message?: string
  stack?: string
  cause?: DescribedError
}

/** Causes of causes beyond this are left out; an error can be its own cause. */
const maxDepth = 5

/** Errors whose message quotes what could not be read: JSON, an address, the bytes of a request. */
function isQuoting(error: Error, code: string | undefined): boolean {
  if (error instanceof SyntaxError || error instanceof URIError) return true
  return code !== undefined && /^(FST_|HPE_|ERR_INVALID_|ERR_HTTP_)/.test(code)
}

/**
 * What of an error may be logged: what kind it is, where it happened and, unless it quotes what a
 * caller sent, its message. Other fields of errors, such as the bytes that a parser failed at, are
 * left out.
 */
export function describeError(error: unknown, depth = 0): DescribedError {
  if (!(error instanceof Error)) return { type: typeof error }
  const code = 'code' in error ? String(error.code) : undefined
  const isSilent = isQuoting(error, code)
  const frames = error.stack?.match(/^ {4}at .*$/gm)?.join('\n')
  return {
    type: error.name,
    ...(code === undefined ? {} : { code }),
    ...(isSilent ? {} : { message: error.message }),
    ...(frames === undefined ? {} : { stack: frames }),
    ...(error.cause === undefined || depth >= maxDepth
      ? {}
      : { cause: describeError(error.cause, depth + 1) }),
  }
}

/** The kind of an error alone: of a request that was refused, nothing but that is the operator's business. */
export function kindOfError(error: unknown): DescribedError | undefined {
  if (error === undefined) return undefined
  const { type, code } = describeError(error)
  return code === undefined ? { type } : { type, code }
}
