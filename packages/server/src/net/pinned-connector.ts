import { isIPv6, type LookupFunction } from 'node:net'
import { buildConnector } from 'undici'

/**
 * A connector for an undici `Client` that goes to the given, already checked addresses and nowhere
 * else. The name in the URL serves for TLS and the Host header, and is never resolved again.
 */
export function pinnedConnector(
  addresses: readonly string[],
  { timeoutMs, isAllowed }: { timeoutMs: number; isAllowed: (address: string) => boolean },
): buildConnector.connector {
  const pinned = addresses.map((address) => ({ address, family: isIPv6(address) ? 6 : 4 }))
  const answerPinned: LookupFunction = (_hostname, options, callback) => {
    const first = pinned[0]
    if (options.all === true || first === undefined) callback(null, pinned)
    else callback(null, first.address, first.family)
  }
  const connect = buildConnector({
    lookup: answerPinned,
    autoSelectFamily: true,
    timeout: timeoutMs,
    maxCachedSessions: 0,
    allowH2: false,
  })
  return (options, callback) => {
    connect(options, (...result) => {
      const [error, socket] = result
      if (error !== null) return callback(error, null)
      // The look-up above cannot answer anything else; this holds even if a library changes.
      if (isAllowed(socket.remoteAddress ?? '')) return callback(null, socket)
      socket.destroy()
      callback(new Error('connected to an address that was not checked'), null)
    })
  }
}
