import type { Server } from 'node:http'
import type { Logger } from '../telemetry/log.ts'

const reportEveryMs = 60_000

/**
 * Bounds how many connections there are, and with that what each may hold, such as the beginning of
 * a body. One too many is closed without a word, since it has not asked anything yet. Behind a proxy
 * the connections are the proxy's: its pool must be smaller than this, or it answers its own clients
 * with a 502 when one is closed.
 */
export function capConnections(server: Server, most: number, log: Logger): void {
  server.maxConnections = most
  let dropped = 0
  let reportedAt = -Infinity
  server.on('drop', () => {
    dropped += 1
    if (performance.now() - reportedAt < reportEveryMs) return
    log.warn(
      { dropped, limit: most },
      'connections were turned away: there are as many as limits.connections allows',
    )
    dropped = 0
    reportedAt = performance.now()
  })
}
