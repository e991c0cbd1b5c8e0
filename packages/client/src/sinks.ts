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
  let isFinishing = false
  const gone = new Promise<never>((_, reject) => {
    const closed = (): void => {
      if (!isFinishing) reject(new TypeError('The stream is closed already.'))
    }
    writer.closed.then(closed, reject)
  })
  // Told by whoever waits for it.
  gone.catch(() => {})
  return {
    gone,
    write: (chunk) => writer.write(chunk),
    finish() {
      isFinishing = true
      return writer.close()
    },
    async discard(reason) {
      // Not awaited: a stream that is stuck does not end for this either. One that failed by
      // itself refuses it, and its own error is the one to report.
      writer.abort(reason).catch(() => {})
    },
  }
}

/** As much of a stream of Node's as is needed; its own types would make every user install them. */
export interface NodeWritable {
  write(chunk: Uint8Array, callback: (error?: Error | null) => void): unknown
  end(callback: (error?: Error | null) => void): unknown
  destroy(error?: Error): unknown
  once(event: 'close' | 'error', listener: (error?: Error) => void): unknown
}

/** A stream of Node's, such as a response of Express; it is ended, or destroyed when the download fails. */
export function nodeSink(stream: NodeWritable): Sink {
  const gone = new Promise<never>((_, reject) => {
    stream.once('error', reject)
    stream.once('close', () => reject(new Error('The stream was closed before the end.')))
  })
  // Told by whoever waits for it.
  gone.catch(() => {})
  return {
    gone,
    write: (chunk) =>
      new Promise((resolve, reject) => {
        stream.write(chunk, (error) => (error ? reject(error) : resolve()))
      }),
    finish: () =>
      new Promise((resolve, reject) => {
        stream.end((error) => (error ? reject(error) : resolve()))
      }),
    async discard(reason) {
      stream.destroy(reason instanceof Error ? reason : undefined)
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
