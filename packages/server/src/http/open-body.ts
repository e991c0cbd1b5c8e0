import type { IncomingMessage } from 'node:http'
import type { BodyShare } from './body-budget.ts'
import { parseBody, type ParsedBody } from './parse-body.ts'
import { readBody } from './read-body.ts'

/** The long texts of a body, by their parameter: `images[0].url`. They hold the body's memory until they are released. */
export interface LongTexts {
  get(param: string): Uint8Array | undefined
  /** Lets go of all of them, and gives back what the body took of the budget. Safe to repeat. */
  release(): void
}

/** A body that was read and parsed. */
export interface OpenBody {
  value: ParsedBody['value']
  longTexts: LongTexts
}

/** Reads and parses a body; its share is given back when that fails, or when its texts are released. */
export async function openBody(request: IncomingMessage, share: BodyShare): Promise<OpenBody> {
  try {
    const { value, longTexts } = await parseBody(await readBody(request, share))
    // Without long texts nothing refers to the bytes any more.
    if (longTexts.size === 0) share.release()
    return { value, longTexts: new HeldTexts(longTexts, share) }
  } catch (error) {
    share.release()
    throw error
  }
}

class HeldTexts implements LongTexts {
  readonly #share: BodyShare
  #texts: ReadonlyMap<string, Uint8Array>

  constructor(texts: ReadonlyMap<string, Uint8Array>, share: BodyShare) {
    this.#texts = texts
    this.#share = share
  }

  get(param: string): Uint8Array | undefined {
    return this.#texts.get(param)
  }

  release(): void {
    this.#texts = new Map()
    this.#share.release()
  }
}
