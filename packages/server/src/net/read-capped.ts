/** How much of a body is read, and what is thrown when there is more. */
export interface Cap {
  maxBytes: number
  tooLong: () => Error
  /** Told after each part what there is so far; may throw, so that junk costs no transfer. */
  onPart?: (soFar: readonly Buffer[], length: number) => void
}

/** Reads a body whole, under a cap. Stops, and with that ends the transfer, as soon as it throws. */
export async function readCapped(body: AsyncIterable<unknown>, cap: Cap): Promise<Buffer> {
  const parts: Buffer[] = []
  let length = 0
  for await (const part of body) {
    // Bodies are in binary mode, so their parts are buffers.
    const bytes = part as Buffer
    length += bytes.length
    if (length > cap.maxBytes) throw cap.tooLong()
    parts.push(bytes)
    cap.onPart?.(parts, length)
  }
  return Buffer.concat(parts, length)
}
