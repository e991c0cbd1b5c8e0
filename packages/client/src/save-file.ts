/** Where downloaded bytes go. */
export interface Sink {
  write(chunk: Uint8Array): Promise<void>
  /** All bytes have come. */
  finish(): Promise<void>
  /** They will not come; nothing half may remain. */
  discard(reason: unknown): Promise<void>
}

/** As much of node:fs/promises as is needed; its own types would make every user install them. */
interface FileSystem {
  open(path: string, flags: string): Promise<FileHandle>
  rename(from: string, to: string): Promise<void>
  rm(path: string, options: { force: boolean }): Promise<void>
}

interface FileHandle {
  write(bytes: Uint8Array): Promise<{ bytesWritten: number }>
  close(): Promise<void>
}

/** A file that appears under its name when it is whole. Throws what the file system throws. */
export async function fileSink(path: string): Promise<Sink> {
  // Loaded when it is needed, by a name that bundlers for browsers do not look up.
  const name = 'node:fs/promises'
  const fs = (await import(/* webpackIgnore: true */ /* @vite-ignore */ name)) as FileSystem
  const partPath = `${path}.${Math.random().toString(36).slice(2)}.part`
  const file = await fs.open(partPath, 'wx')
  return {
    async write(chunk) {
      for (let rest = chunk; rest.length > 0;) {
        const { bytesWritten } = await file.write(rest)
        rest = rest.subarray(bytesWritten)
      }
    },
    async finish() {
      await file.close()
      await fs.rename(partPath, path)
    },
    async discard() {
      // Closed already when only the renaming failed.
      await file.close().catch(() => {})
      await fs.rm(partPath, { force: true })
    },
  }
}

/** A web stream; it is closed at the end, and aborted when the download fails. */
export function streamSink(stream: WritableStream<Uint8Array>): Sink {
  const writer = stream.getWriter()
  return {
    write: (chunk) => writer.write(chunk),
    finish: () => writer.close(),
    // A stream that failed by itself refuses this too, and its own error is the one to report.
    discard: (reason) => writer.abort(reason).catch(() => {}),
  }
}

/** Memory. */
export function blobSink(): Sink & { parts: BlobPart[] } {
  const parts: BlobPart[] = []
  return {
    parts,
    // Copied: a runtime may use the same buffer for the next chunk.
    write: async (chunk) => void parts.push(new Uint8Array(chunk)),
    finish: async () => {},
    discard: async () => {},
  }
}
