/** Work that takes a moment or an hour, as its reader sees it. */
export interface Progress {
  /** Says how far it is; cheap enough to be called for every piece. */
  update(done: number, total: number): void
  /** Takes the line away again. */
  end(): void
}

/** Work that is over sooner shows nothing. */
const patienceMs = 500
const redrawMs = 100
const width = 24

/** A bar on one line of a terminal; nothing at all where the stream is none. */
export function createProgress(
  label: string,
  stream: { isTTY?: boolean; write(text: string): unknown } = process.stderr,
  clock: () => number = () => performance.now(),
): Progress {
  const startedAt = clock()
  let drawnAt: number | undefined
  return {
    update(done, total) {
      const now = clock()
      const isDue = now - startedAt >= patienceMs && now - (drawnAt ?? -Infinity) >= redrawMs
      if (stream.isTTY !== true || !isDue) return
      drawnAt = now
      const share = total === 0 ? 1 : done / total
      stream.write(`\r\x1b[K${label} ${toBar(share)}${toRest(share, now - startedAt)}`)
    },
    end() {
      if (drawnAt !== undefined) stream.write('\r\x1b[K')
    },
  }
}

function toBar(share: number): string {
  const full = Math.round(share * width)
  return `[${'#'.repeat(full)}${'.'.repeat(width - full)}] ${String(Math.floor(share * 100)).padStart(3)} %`
}

/** The time that is left if the rest goes as what was done; nothing before the first percent. */
function toRest(share: number, elapsedMs: number): string {
  if (share < 0.01) return ''
  const seconds = Math.round(((elapsedMs / share) * (1 - share)) / 1000)
  return `, about ${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')} left`
}
