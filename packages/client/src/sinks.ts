/** Where downloaded bytes go. */
export interface Sink {
  write(chunk: Uint8Array): Promise<void>
  /** Rejects when nobody takes the bytes any longer. */
  gone?: Promise<never>
  /** Forgets all bytes so far. Absent where they cannot be taken back. */
  restart?(): Promise<void>
  /** All bytes have come. */
  finish(): Promise<void>
  /** They will not come; nothing half may remain. Never throws, and never takes long. */
  discard(reason: unknown): Promise<void>
}

/** A web stream; it is closed at the end, and aborted when the download fails. */
export function streamSink(stream: WritableStream<Uint8Array>): Sink {
  const writer = stream.getWriter()
  const gone = new Promise<never>((_, reject) => {
    writer.closed.catch(reject)
  })
  // Told by whoever waits for it.
  gone.catch(() => {})
  return {
    gone,
    write: (chunk) => writer.write(chunk),
    finish: () => writer.close(),
    async discard(reason) {
      // Not awaited: a stream that is stuck does not end for this either. One that failed by
      // itself refuses it, and its own error is the one to report.
      writer.abort(reason).catch(() => {})
    },
  }
}

/** Memory. */
export function blobSink(): Sink & { toBlob(type: string): Blob } {
  const parts: Uint8Array<ArrayBuffer>[] = []
  return {
    toBlob: (type) => new Blob(parts, { type }),
    // Copied: a runtime may use the same buffer for the next chunk.
    write: async (chunk) => void parts.push(new Uint8Array(chunk)),
    restart: async () => void parts.splice(0),
    finish: async () => {},
    discard: async () => void parts.splice(0),
  }
}
