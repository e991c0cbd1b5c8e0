import { openFileSystem, type FileHandle, type FileStat, type FileSystem } from './file-system.ts'
import type { Sink } from './sinks.ts'

/**
 * A file that appears under its name when it is whole. A link is followed, a file that was there
 * keeps its mode, and what is no regular file, such as a pipe, is written to as it is. Throws what
 * the file system throws.
 */
export async function fileSink(path: string): Promise<Sink> {
  const fs = await openFileSystem()
  const target = await realTarget(fs, path)
  const found = await existing(fs, target)
  if (found?.isDirectory())
    throw failure('EISDIR', `'${path}' is a folder. Name a file in it.`, path)
  if (found && !found.isFile()) return deviceSink(await fs.open(target, 'w'))
  // Replacing needs a right to the folder only; this asks for the right to the file as well.
  if (found) await (await fs.open(target, 'r+')).close()
  const partPath = `${target}.${Math.random().toString(36).slice(2)}.part`
  const file = await openPart(fs, partPath, path, found)
  let position = 0
  return {
    async write(chunk) {
      await writeAll(file, chunk, position)
      position += chunk.length
    },
    async restart() {
      await file.truncate(0)
      position = 0
    },
    async finish() {
      await file.close()
      await fs.rename(partPath, target)
    },
    async discard() {
      // Closed already when only the renaming failed.
      await file.close().catch(() => {})
      await fs.rm(partPath, { force: true }).catch(() => {})
    },
  }
}

/** The file that a path means, through links, also when there is none at their end yet. */
async function realTarget(fs: FileSystem, path: string): Promise<string> {
  try {
    return await fs.realpath(path)
  } catch (error) {
    const { code, message } = error as { code?: string; message: string }
    if (code !== 'ENOENT') throw failure(code, `'${path}' cannot be saved. ${message}`, path, error)
    const link = await fs.readlink(path).catch(() => undefined)
    if (link === undefined) return path
    const folder = path.replace(/[^\\/]*$/, '')
    return realTarget(fs, /^([\\/]|[a-z]:)/i.test(link) ? link : folder + link)
  }
}

async function existing(fs: FileSystem, path: string): Promise<FileStat | undefined> {
  try {
    return await fs.stat(path)
  } catch {
    // What keeps it from being looked at also keeps it from being opened, which tells.
    return undefined
  }
}

async function openPart(
  fs: FileSystem,
  partPath: string,
  path: string,
  found: FileStat | undefined,
): Promise<FileHandle> {
  try {
    const file = await fs.open(partPath, 'wx', found ? 0o600 : 0o666)
    if (found) await file.chmod(found.mode & 0o777)
    return file
  } catch (error) {
    // The runtime names the part, which nobody knows of.
    const { code, message } = error as { code?: string; message: string }
    const hint = code === 'ENOENT' ? 'Its folder does not exist; create it first.' : message
    throw failure(code, `'${path}' cannot be saved. ${hint}`, path, error)
  }
}

function failure(code: string | undefined, message: string, path: string, cause?: unknown): Error {
  return Object.assign(new Error(message, { cause }), { code, path })
}

/** Bytes cannot be taken back from a device, and it is neither whole nor half. */
function deviceSink(file: FileHandle): Sink {
  return {
    write: (chunk) => writeAll(file, chunk, null),
    finish: () => file.close(),
    discard: () => file.close().catch(() => {}),
  }
}

async function writeAll(
  file: FileHandle,
  bytes: Uint8Array,
  position: number | null,
): Promise<void> {
  for (let at = 0; at < bytes.length;) {
    const where = position === null ? null : position + at
    const { bytesWritten } = await file.write(bytes, at, bytes.length - at, where)
    at += bytesWritten
  }
}
