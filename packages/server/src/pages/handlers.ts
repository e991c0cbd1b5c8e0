import type { ErrorCode } from '../contract/errors.ts'

/** Name of the TypeScript client's class for a code: `rate_limit` becomes `RateLimitError`. */
export function errorClassName(code: ErrorCode): string {
  const words = code.split('_').map((word) => word.charAt(0).toUpperCase() + word.slice(1))
  return words.join('').replace(/(Error)?$/, 'Error')
}

/** What to do in the handler of each code, as TypeScript statements with their reasons. */
const handling: Readonly<Record<ErrorCode, string>> = {
  invalid_api_key: `// Nothing the program can mend: stop, and tell whoever configured the key.
console.error(error.message)
process.exitCode = 1`,
  parameter_missing: `// A mistake in the calling code. Let it surface; \`param\` says where to look.
throw new Error(\`Filmgate request without \${error.param}\`, { cause: error })`,
  invalid_parameter: `// Point at the input that was refused; the message lists what is supported.
form.showProblem(error.param, error.message)`,
  quota_exceeded: `// Stop the queue: every further request would be refused as well.
queue.pause()
notifyBilling(error.message)`,
  content_policy_violation: `// Ask the author for another prompt or picture. Do not send the same one again.
form.showProblem(error.param ?? 'prompt', error.message)`,
  rate_limit: `// The client has already waited and tried again. Put the job back for later.
queue.postpone(job, error.retryAfterMs ?? 60_000)`,
  not_found: `// No proof that it is gone: a test key does not see what a live key made, and has paid for.
// So keep the record, and have somebody compare key and id.
orders.flag(id, error.message)`,
  server_error: `// The client has already tried again. Keep the ids for the report.
console.error(error.message, error.requestId, error.generationId)`,
}

// A generation can also be accepted, and fail with these later.
const laterCodes: ReadonlySet<ErrorCode> = new Set(['content_policy_violation', 'server_error'])

/** Whether the code can also end a generation after it was accepted. */
export function canFailLater(code: ErrorCode): boolean {
  return laterCodes.has(code)
}

/** How the TypeScript client shows a code, in words. */
export function clientText(className: string, failsLater: boolean): string {
  const later = failsLater
    ? ' Where the generation had been accepted and failed later it is the same class, and `generation` is there.'
    : ''
  return `The client throws \`${className}\`, with \`code\`, \`message\`, \`param\`, \`docUrl\`, \`status\`, \`retryable\`, \`billed\`, \`requestId\` and \`generationId\`, as far as they are known.${later}`
}

/** A short program that meets this code in the TypeScript client. */
export function handlerSnippet(code: ErrorCode): string {
  const className = errorClassName(code)
  const call =
    code === 'not_found'
      ? 'const video = await filmgate.videos.generations.retrieve(id)'
      : "const image = await filmgate.images.generate({ model: 'sandbox-image', prompt })"
  return `import { Filmgate, ${className} } from '@filmgate/client'

const filmgate = new Filmgate()
try {
  ${call}
} catch (error) {
  if (!(error instanceof ${className})) throw error
  ${handling[code].replaceAll('\n', '\n  ')}
}`
}
