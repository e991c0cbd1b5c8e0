import type { OperationId } from '../packages/server/dist/contract/operations.js'
import type { ErrorCode } from '../packages/server/dist/contract/errors.js'

/** One exchange as it is kept: a JSON body stands as data. */
export interface Exchange {
  request: { method: string; path: string; headers: Record<string, string>; body?: unknown }
  response: { status: number; headers: Record<string, string>; body: unknown }
}

/** Everything that was recorded. */
export interface Recording {
  examples: Record<ErrorCode, Exchange>
  answers: Partial<Record<OperationId, Exchange>>
}

/** Address that stands for the server's own in recorded texts. */
export const recordedUrl = 'http://127.0.0.1:4700'

/** Where the recording lives, from the root of the repository. */
export const examplesPath = 'packages/server/src/contract/generated/examples.ts'

// A TypeScript file instead of JSON: importing JSON warns on Node 20, and tsc copies it for free.
/** The recording as the module that the server imports. */
export function examplesModule({ examples, answers }: Recording): string {
  return `// Recorded from a running gateway by tools/record-examples.ts. Do not edit.
import type { ErrorBody } from '../common.ts'
import type { ErrorCode } from '../errors.ts'
import type { OperationId } from '../operations.ts'

/** One real exchange, with ids, instants, signatures and the server's address made stable. */
export interface RecordedExchange<Body = unknown> {
  request: { method: string; path: string; headers: Record<string, string>; body?: unknown }
  response: { status: number; headers: Record<string, string>; body: Body }
}

/** The address that stands for the server's own in the recorded texts. */
export const recordedUrl = '${recordedUrl}'

/** One error answer for each code. */
export const examples: Readonly<Record<ErrorCode, RecordedExchange<ErrorBody>>> = ${JSON.stringify(examples, null, 2)}

/** One successful answer for each operation that has a JSON answer worth showing. */
export const answers: Readonly<Partial<Record<OperationId, RecordedExchange>>> = ${JSON.stringify(answers, null, 2)}
`
}
