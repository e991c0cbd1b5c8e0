import { createHash, randomUUID } from 'node:crypto'
import { constants } from 'node:fs'
import { mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import {
  OutputTooLargeError,
  type MediaStore,
  type OpenFile,
  type StagedFile,
} from './media-store.ts'
import { toOpenFile } from './open-file.ts'

/** Files in a folder, spread over sub-folders by their key. */
export async function openFsStore(folder: string): Promise<MediaStore> {
  const incoming = join(folder, 'incoming')
  // What a killed gateway left half-written is of no use to anybody.
  await rm(incoming, { recursive: true, force: true })
  await mkdir(incoming, { recursive: true })
  return new FsStore(join(folder, 'kept'), incoming)
}

/** The kept files of a folder that a gateway may be serving; changes nothing in it. */
export function inspectFsStore(folder: string): Pick<MediaStore, 'size' | 'open' | 'list'> {
  return new FsStore(join(folder, 'kept'), join(folder, 'incoming'))
}

class FsStore implements MediaStore {
  readonly #kept: string
  readonly #incoming: string

  constructor(kept: string, incoming: string) {
    this.#kept = kept
    this.#incoming = incoming
  }

  async stage(
    source: AsyncIterable<Uint8Array>,
    { maxBytes }: { maxBytes: number },
  ): Promise<StagedFile> {
    // Somebody may have tidied up under a running gateway.
    await mkdir(this.#incoming, { recursive: true })
    const path = join(this.#incoming, randomUUID())
    const file = await open(path, 'wx')
    const hash = createHash('sha256')
    let bytes = 0
    try {
      for await (const chunk of source) {
        bytes += chunk.byteLength
        if (bytes > maxBytes) throw new OutputTooLargeError(`more than ${maxBytes} bytes`)
        hash.update(chunk)
        await writeFully(file, chunk)
      }
      await file.sync()
    } catch (error) {
      await file.close()
      await rm(path, { force: true })
      throw error
    }
    await file.close()
    return { path, bytes, sha256: hash.digest('hex') }
  }

  async keep(staged: StagedFile, key: string): Promise<void> {
    const target = this.#pathOf(key)
    await mkdir(dirname(target), { recursive: true })
    await rename(staged.path, target)
    // The file's bytes are on disk since stage(); its name is only once the folder is synced too.
    const folder = await open(dirname(target), 'r')
    try {
      await folder.sync()
    } finally {
      await folder.close()
    }
  }

  async discard(staged: StagedFile): Promise<void> {
    await rm(staged.path, { force: true })
  }

  async open(key: string): Promise<OpenFile | undefined> {
    const handle = await ifThere(open(this.#pathOf(key), readOnly))
    if (handle === undefined) return undefined
    try {
      const stats = await handle.stat()
      if (stats.isFile()) return toOpenFile(handle, stats.size)
    } catch (error) {
      await handle.close()
      throw error
    }
    await handle.close()
    return undefined
  }

  async size(key: string): Promise<number | undefined> {
    const stats = await ifThere(stat(this.#pathOf(key)))
    return stats?.isFile() === true ? stats.size : undefined
  }

  withLocalFile<Result>(key: string, work: (path: string) => Promise<Result>): Promise<Result> {
    return work(this.#pathOf(key))
  }

  async remove(key: string): Promise<void> {
    await rm(this.#pathOf(key), { force: true })
  }

  async keysOf(generationId: string): Promise<string[]> {
    try {
      const files = await readdir(dirname(this.#pathOf(generationId)))
      return files.filter((file) => file.startsWith(`${generationId}-`))
    } catch (error) {
      if (isMissing(error)) return []
      throw error
    }
  }

  async *list(): AsyncIterable<string> {
    try {
      for (const entry of await readdir(this.#kept, { recursive: true, withFileTypes: true })) {
        if (entry.isFile()) yield entry.name
      }
    } catch (error) {
      if (!isMissing(error)) throw error
    }
  }

  // The last two characters of the id are random, so they spread files evenly over 256 folders.
  #pathOf(key: string): string {
    const id = key.split('-', 1)[0] ?? key
    return join(this.#kept, id.slice(-2), key)
  }
}

async function writeFully(
  file: { write(data: Uint8Array): Promise<{ bytesWritten: number }> },
  chunk: Uint8Array,
): Promise<void> {
  let rest = chunk
  while (rest.byteLength > 0) {
    const { bytesWritten } = await file.write(rest)
    rest = rest.subarray(bytesWritten)
  }
}

// Opening a named pipe that nobody writes to would otherwise hold a thread of Node's for ever.
const readOnly = constants.O_RDONLY | constants.O_NONBLOCK

async function ifThere<Value>(found: Promise<Value>): Promise<Value | undefined> {
  try {
    return await found
  } catch (error) {
    if (isMissing(error)) return undefined
    throw error
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT'
}
