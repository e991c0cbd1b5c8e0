import { randomUUID } from 'node:crypto'
import type { MediaStore, StagedFile } from '../../media/media-store.ts'
import { UnreadableError, type ByteSource } from './byte-source.ts'
import { createBase64Decoder, dataPrefix, NotBase64Error } from './decode-base64.ts'

/** Stands in the value where a long base64 string stood. */
export class StagedString {
  readonly file: StagedFile

  constructor(file: StagedFile) {
    this.file = file
  }
}

/** How much may go to disk. */
export interface SpoolLimits {
  /** Of the whole body. */
  maxBytes: number
  /** How many strings. */
  maxFiles: number
}

/** The long strings of one body, on disk. */
export class StringSpool {
  readonly #source: ByteSource
  readonly #store: Pick<MediaStore, 'stage' | 'discard'>
  readonly #limits: SpoolLimits
  /** By what stands in their place; nobody can write that into a body beforehand. */
  readonly #files = new Map<string, StagedFile>()
  readonly #mark = randomUUID()

  constructor(
    source: ByteSource,
    store: Pick<MediaStore, 'stage' | 'discard'>,
    limits: SpoolLimits,
  ) {
    this.#source = source
    this.#store = store
    this.#limits = limits
  }

  /** Takes the rest of a string and its last quote; what is to stand in its place. */
  async stage(head: string): Promise<string> {
    const { maxFiles, maxBytes } = this.#limits
    if (this.#files.size === maxFiles) throw new UnreadableError('too_large')
    // Decoded it is smaller than the body, so it is the body's own cap that ends what is too large.
    const place = `${this.#mark}-${this.#files.size}`
    try {
      this.#files.set(place, await this.#store.stage(decoded(head, this.#source), { maxBytes }))
    } catch (error) {
      if (error instanceof NotBase64Error) throw new UnreadableError('not_base64')
      throw error
    }
    return place
  }

  /** The value of the kept text with its files. Those that it does not hold, such as a name's, are discarded. */
  async fillIn(text: string): Promise<{ value: unknown; files: StagedFile[] }> {
    const left = new Map(this.#files)
    const value = parse(text, (found) => {
      const file = this.#files.get(found)
      left.delete(found)
      return file === undefined ? found : new StagedString(file)
    })
    for (const [place, file] of left) {
      await this.#store.discard(file)
      this.#files.delete(place)
    }
    return { value, files: [...this.#files.values()] }
  }

  async discardAll(): Promise<void> {
    for (const file of this.#files.values()) await this.#store.discard(file)
  }
}

/** Written to disk in pieces of about this, however small those are in which it comes. */
const pieceLength = 64 * 1024

async function* decoded(head: string, source: ByteSource): AsyncGenerator<Uint8Array> {
  const decoder = createBase64Decoder()
  let text = head.replace(dataPrefix, '')
  while (source.hasMore || (await source.fill())) {
    const { piece, isLast } = source.takeUntil(0x22)
    text += piece
    if (isLast) {
      yield decoder.write(text)
      yield decoder.end()
      return
    }
    if (text.length >= pieceLength) {
      yield decoder.write(text)
      text = ''
    }
  }
  throw new UnreadableError('cut')
}

function parse(text: string, replace: (found: string) => unknown): unknown {
  try {
    return JSON.parse(text, (_, value: unknown) =>
      typeof value === 'string' ? replace(value) : value,
    )
  } catch (error) {
    if (error instanceof SyntaxError) throw new UnreadableError('not_json')
    throw error
  }
}
