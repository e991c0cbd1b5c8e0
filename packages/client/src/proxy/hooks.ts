import { isRecord } from './is-record.ts'
import type { Patience } from './patience.ts'
import { Refusal } from './refusal.ts'

/**
 * A Response that a hook of the owner gave in place of a yes. Only those are for the page: one that
 * anything else throws, such as a store of secrets, may say what pages must not know.
 */
export class HookResponse {
  readonly #given: ResponseLike

  constructor(given: ResponseLike) {
    this.#given = given
  }

  /** As this runtime's own. Throws a TypeError where it was sent before. */
  async toResponse(): Promise<Response> {
    const { status, headers } = this.#given
    if (this.#given.bodyUsed) {
      throw new TypeError('A hook gave a Response that was read before. Make a new one each time.')
    }
    if (this.#given instanceof Response) return this.#given
    return new Response((await this.#given.text?.()) || null, { status, headers })
  }
}

// A package's own class, or that of another realm, is no Response here and still no yes.
interface ResponseLike {
  status: number
  headers: Headers
  bodyUsed?: boolean
  text?(): Promise<string>
}

/**
 * What a hook says. Throws a Refusal or a HookResponse where it returned or threw one, and what ended
 * the patience where that ended first.
 */
export async function ask(patience: Patience, hook: () => unknown): Promise<unknown> {
  let given: unknown
  try {
    given = await patience.race((async () => hook())())
  } catch (thrown) {
    throw toNo(thrown) ?? thrown
  }
  const no = toNo(given)
  if (no) throw no
  return given
}

function toNo(given: unknown): Refusal | HookResponse | undefined {
  if (given instanceof Refusal) return given
  return isResponse(given) ? new HookResponse(given) : undefined
}

function isResponse(given: unknown): given is ResponseLike {
  if (!isRecord(given) || typeof given['status'] !== 'number') return false
  const { headers } = given
  return isRecord(headers) && typeof headers['get'] === 'function'
}
