/** Where downloaded bytes go. */
export interface Sink {
  write(chunk: Uint8Array): Promise<void>
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
  // What goes wrong is told by the call that meets it.
  writer.closed.catch(() => {})
  return {
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
export function blobSink(): Sink & { parts: BlobPart[] } {
  const parts: BlobPart[] = []
  return {
    parts,
    // Copied: a runtime may use the same buffer for the next chunk.
    write: async (chunk) => void parts.push(new Uint8Array(chunk)),
    restart: async () => void parts.splice(0),
    finish: async () => {},
    discard: async () => void parts.splice(0),
  }
}
