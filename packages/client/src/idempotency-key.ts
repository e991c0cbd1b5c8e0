import type { Call } from './call.ts'
import { randomKey } from './random-key.ts'
import type { Request } from './send.ts'

/** The key of a creating request: what the caller chose, as an option or as a header, or one that nobody else has. */
export function keyFor(call: Call, option: string | undefined): Keyed {
  const chosen = option ?? call.headers.get('idempotency-key') ?? undefined
  const idempotencyKey = chosen ?? randomKey()
  if (typeof idempotencyKey !== 'string' || !/^[ -~]{1,255}$/.test(idempotencyKey)) {
    throw new TypeError('idempotencyKey must be 1 to 255 printable ASCII characters.')
  }
  return {
    creates: true,
    idempotencyKey,
    hasRandomKey: chosen === undefined,
    ifLost: `Whether it was accepted is unknown; the same call with idempotencyKey '${idempotencyKey}' joins it.`,
  }
}

/** What makes a request one that can be sent again, and makes nothing twice. */
type Keyed = Required<Pick<Request, 'creates' | 'idempotencyKey' | 'hasRandomKey' | 'ifLost'>>
