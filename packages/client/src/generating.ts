/**
 * What makes generations and waits for them, in one piece: it is loaded before the first one is
 * ordered, so that nothing that was paid for ever waits for a part of this program to arrive.
 */
export { create, creationRequest, generate } from './create.ts'
export { keyFor } from './idempotency-key.ts'
export { resume } from './wait.ts'
