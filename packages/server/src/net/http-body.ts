/** A body on its way in: filled by the network, emptied by one consumer. */
export interface IncomingBody {
  push(chunk: Uint8Array): void
  end(): void
  /** What came before is still handed out; not so with `atOnce`. */
  fail(error: unknown, atOnce?: boolean): void
  /** May be called once. Cancels what is still to come when the consumer stops early. */
  chunks(): AsyncGenerator<Uint8Array>
  discard(): void
}

export interface BodySource {
  /** Makes the sender wait, or go on. */
  hold(): void
  release(): void
  /** The rest is not wanted; has to end the body by `fail`. */
  cancel(reason: Error): void
}

// As much as a socket hands over at once.
const maxQueuedBytes = 64 * 1024

export function createIncomingBody(source: BodySource, idleMs: number): IncomingBody {
  const queue: Uint8Array[] = []
  let queuedBytes = 0
  let isTaken = false
  let isHeld = false
  let end: { error?: unknown } | undefined
  let wake: (() => void) | undefined
  const idle = createIdleClock(idleMs, () =>
    source.cancel(new Error(`the body was silent for ${idleMs} ms`)),
  )

  const finish = (how: { error?: unknown }) => {
    idle.stop()
    end ??= how
    wake?.()
  }
  const drop = (why: string) => {
    queue.length = 0
    if (end === undefined) source.cancel(new Error(why))
  }
  const take = () => {
    const chunk = queue.shift()
    if (chunk === undefined) return undefined
    queuedBytes -= chunk.length
    if (isHeld && queuedBytes < maxQueuedBytes && end === undefined) {
      isHeld = false
      idle.restart()
      source.release()
    }
    return chunk
  }

  return {
    push(chunk) {
      if (end !== undefined) return
      queue.push(chunk)
      queuedBytes += chunk.length
      wake?.()
      if (queuedBytes < maxQueuedBytes) return idle.restart()
      // Now it is the consumer who is silent.
      isHeld = true
      idle.stop()
      source.hold()
    },
    end: () => finish({}),
    fail(error, atOnce = false) {
      if (atOnce) {
        queue.length = 0
        end = { error }
      }
      finish({ error })
    },
    chunks() {
      if (isTaken) throw new TypeError('the body has been read or discarded')
      isTaken = true
      return read()
    },
    discard() {
      isTaken = true
      drop('the body is not wanted')
    },
  }

  async function* read(): AsyncGenerator<Uint8Array> {
    try {
      for (;;) {
        const chunk = take()
        if (chunk !== undefined) yield chunk
        else if (end === undefined) await new Promise<void>((resolve) => (wake = resolve))
        else if ('error' in end) throw end.error
        else return
      }
    } finally {
      drop('the rest of the body is not wanted')
    }
  }
}

/** Calls once when it has not been restarted for so long. Runs from the start. */
function createIdleClock(ms: number, expire: () => void) {
  let timer: NodeJS.Timeout | undefined = setTimeout(expire, ms)
  return {
    restart() {
      if (timer === undefined) timer = setTimeout(expire, ms)
      else timer.refresh()
    },
    stop() {
      clearTimeout(timer)
      timer = undefined
    },
  }
}
