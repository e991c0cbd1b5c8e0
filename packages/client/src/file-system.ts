/** As much of node:fs/promises as is needed; its own types would make every user install them. */
export interface FileSystem {
  open(path: string, flags: string, mode?: number): Promise<FileHandle>
  stat(path: string | URL): Promise<FileStat>
  readFile(path: string | URL): Promise<Uint8Array>
  realpath(path: string): Promise<string>
  readlink(path: string): Promise<string>
  rename(from: string, to: string): Promise<void>
  rm(path: string, options: { force: boolean }): Promise<void>
}

export interface FileStat {
  mode: number
  size: number
  isFile(): boolean
  isDirectory(): boolean
}

export interface FileHandle {
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

/** Loads it at that moment, by a name that bundlers for browsers do not look up. */
export async function openFileSystem(): Promise<FileSystem> {
  const name = 'node:fs/promises'
  return (await import(/* webpackIgnore: true */ /* @vite-ignore */ name)) as FileSystem
}
