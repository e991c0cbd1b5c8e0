/**
 * A reason not to start, as one clear sentence that says what to do. The command line prints the
 * message without a stack and exits with 1.
 */
export class StartupError extends Error {
  override readonly name = 'StartupError'
}
