/** As much of node:fs/promises as is needed; its own types would make every user install them. */
export interface FileSystem {
  constants: { O_RDONLY: number; O_WRONLY: number; O_NONBLOCK?: number }
  open(path: string | URL, flags: string | number, mode?: number): Promise<FileHandle>
  stat(path: string): Promise<FileStat>
  realpath(path: string): Promise<string>
  readlink(path: string): Promise<string>
  rename(from: string, to: string): Promise<void>
  copyFile(from: string, to: string): Promise<void>
  rm(path: string, options: { force: boolean }): Promise<void>
}

export interface FileStat {
  mode: number
  size: number
  isFile(): boolean
  isDirectory(): boolean
}

export interface FileHandle {
  stat(): Promise<FileStat>
  read(bytes: Uint8Array, offset: number, length: number): Promise<{ bytesRead: number }>
  write(
    bytes: Uint8Array,
    offset: number,
    length: number,
    position: number | null,
  ): Promise<{ bytesWritten: number }>
  truncate(length: number): Promise<void>
  chmod(mode: number): Promise<void>
  close(): Promise<void>
}

/** As much of Node's `process` as is needed; Bun and Deno have it too. */
interface Environment {
  process?: { getBuiltinModule?(name: string): unknown }
}

/**
 * The file system; throws a TypeError where there is none. It is asked for at this moment and by a
 * call: bundlers find no import to look up or to warn of, and it works where import() does not,
 * which is in Jest.
 */
export async function openFileSystem(): Promise<FileSystem> {
  const fs = builtin('node:fs/promises')
  // It is Node's module of that name, of which this is a part.
  if (fs) return fs as FileSystem
  throw new TypeError('there is no file system here. Where files are paths, use Node, Bun or Deno')
}

/** The path that a `file:` address means on this system. */
export function toPath(place: string | URL): string {
  if (typeof place === 'string') return place
  // It is Node's module of that name, of which this is a part.
  const { fileURLToPath } = builtin('node:url') as { fileURLToPath(url: URL): string }
  return fileURLToPath(place)
}

function builtin(name: string): unknown {
  return (globalThis as Environment).process?.getBuiltinModule?.(name)
}

/** An error of the file system, in words that name what the caller named. */
export function fileError(
  code: string | undefined,
  message: string,
  path: string,
  cause?: unknown,
): Error {
  return Object.assign(new Error(message, { cause }), { code, path })
}
