import type { Call } from './call.ts'
import { deviceSink } from './device-sink.ts'
import { fileError, openFileSystem, toPath } from './file-system.ts'
import type { FileHandle, FileStat, FileSystem } from './file-system.ts'
import type { Sink } from './sinks.ts'

/**
 * A file that appears under its name when it is whole. A link is followed, a file that was there
 * keeps its mode, and what is no regular file, such as a pipe, is written to as it is. Throws what
 * the file system throws.
 */
export async function fileSink(call: Call, place: string | URL): Promise<Sink> {
  const fs = await openFileSystem()
  const path = toPath(place)
  const found = await existing(fs, path)
  if (path === '' || /[\\/]$/.test(path) || found?.isDirectory()) {
    throw fileError('EISDIR', `'${path}' is a folder. Name a file in it.`, path)
  }
  if (found && !found.isFile()) return deviceSink(call, fs, path)
  const target = await realTarget(fs, path)
  // Replacing needs a right to the folder only; this asks for the right to the file as well.
  if (found) await (await fs.open(target, 'r+')).close()
  // Short, so that it fits where the longest name fits.
  const partPath = `${folderOf(target)}.${Math.random().toString(36).slice(2, 10)}.part`
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
      await replace(fs, partPath, target)
    },
    async discard() {
      // Closed already when only the replacing failed.
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
    if (code !== 'ENOENT') {
      throw fileError(code, `'${path}' cannot be saved. ${message}`, path, error)
    }
    const link = await fs.readlink(path).catch(() => undefined)
    if (link === undefined) return path
    return realTarget(fs, /^([\\/]|[a-z]:)/i.test(link) ? link : folderOf(path) + link)
  }
}

function folderOf(path: string): string {
  return path.replace(/[^\\/]*$/, '')
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
    // Where modes cannot be set it stays as narrow as it is.
    if (found) await file.chmod(found.mode & 0o777).catch(() => {})
    return file
  } catch (error) {
    // The runtime names the part, which nobody knows of.
    const { code, message } = error as { code?: string; message: string }
    const hint = code === 'ENOENT' ? 'Its folder does not exist; create it first.' : message
    throw fileError(code, `'${path}' cannot be saved. ${hint}`, path, error)
  }
}

async function replace(fs: FileSystem, partPath: string, target: string): Promise<void> {
  try {
    await fs.rename(partPath, target)
  } catch (error) {
    // A file that is a mount of its own, as containers have them, can be filled but not replaced.
    if (!['EBUSY', 'EXDEV'].includes(String((error as { code?: string }).code))) throw error
    await fs.copyFile(partPath, target).catch((cause: unknown) => {
      const { code } = cause as { code?: string }
      const message = `'${target}' can only be filled in place, and ${code} came in between: it is not whole.`
      throw fileError(code, message, target, cause)
    })
    await fs.rm(partPath, { force: true })
  }
}

async function writeAll(file: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let at = 0; at < bytes.length;) {
    const { bytesWritten } = await file.write(bytes, at, bytes.length - at, position + at)
    at += bytesWritten
  }
}
