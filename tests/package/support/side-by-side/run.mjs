/**
 * Runs a block of the README (`LIBRARY TASK`) and prints as its last line how that ended, and what
 * the README's switch for that library makes of the error.
 */
import { inspect } from 'node:util'

const [library, task] = process.argv.slice(2)
const { whatNow } = await import(`./compiled/${library}-errors.js`)

const startedAt = performance.now()

// The id is kept as the README says: it is what a block prints when it was accepted.
let id
const lines = []
console.log = (...words) => {
  if (words[0] === 'accepted') id = words[1]
  lines.push(words.join(' '))
}

try {
  await import(`./compiled/${library}-${task}.js`)
  report({ lines })
} catch (error) {
  const { code, param, status, retryable, requestId } = error
  const facts = { name: error.constructor.name, code, param, status, retryable, requestId }
  report({ lines, id, error: facts, shown: inspect(error, { depth: 9 }), advice: advice(error) })
}

function advice(error) {
  try {
    return whatNow(error, id)
  } catch {
    // No error of the library: the switch throws it on.
    return undefined
  }
}

function report(outcome) {
  const elapsedMs = performance.now() - startedAt
  process.stdout.write(`${JSON.stringify({ ...outcome, elapsedMs })}\n`)
}
