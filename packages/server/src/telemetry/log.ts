import { pino, type Logger } from 'pino'
import { describeError } from './describe-error.ts'

export type { Logger } from 'pino'

/** Levels that FILMGATE_LOG_LEVEL takes. */
export const logLevels = ['debug', 'info', 'warn', 'error', 'silent'] as const
export type LogLevel = (typeof logLevels)[number]

/**
 * Structured lines on standard error; standard output is for the ready line and for commands.
 * Prompts, keys and signed links are never passed to it, and errors are logged without what they
 * may quote of a request.
 */
export function createLog(level: LogLevel): Logger {
  return pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      serializers: { err: (error: unknown) => describeError(error) },
    },
    pino.destination({ dest: 2, sync: true }),
  )
}
