import { lookup, Resolver } from 'node:dns/promises'
import { isIP } from 'node:net'
import type { AddressGuard } from './address-guard.ts'

/** Looks a name up once and answers every address it has. Throws when there is none. */
export type Lookup = (
  hostname: string,
  options: { isListed: boolean; signal: AbortSignal },
) => Promise<readonly string[]>

/** A host without its port, and whether the operator listed it. */
export interface Host {
  /** Without brackets and trailing dot. */
  hostname: string
  isListed: boolean
}

/**
 * Why a host is not connected to. The message is for logs: a stranger must not learn from it which
 * names exist in the operator's network.
 */
export class HostRefusal extends Error {
  override readonly name = 'HostRefusal'
}

/**
 * The addresses to connect to, all of them checked. One forbidden address among good ones refuses
 * the host: that mixture is how a name is made to slip through on the second try. Throws a
 * `HostRefusal`, or the signal's reason.
 */
export async function resolveHost(
  { hostname, isListed }: Host,
  { guard, lookup, signal }: { guard: AddressGuard; lookup: Lookup; signal: AbortSignal },
): Promise<readonly string[]> {
  if (isIP(hostname) !== 0) {
    if (!guard.isAllowedAddress(hostname, isListed)) throw new HostRefusal('a forbidden address')
    return [hostname]
  }
  const addresses = await lookup(hostname, { isListed, signal }).catch((cause: unknown) => {
    signal.throwIfAborted()
    throw new HostRefusal('the name could not be looked up', { cause })
  })
  if (addresses.length === 0) throw new HostRefusal('the name has no address')
  const forbidden = addresses.find((address) => !guard.isAllowedAddress(address, isListed))
  if (forbidden !== undefined) throw new HostRefusal(`the name resolves to ${forbidden}`)
  return addresses.slice(0, maxAddressesTried)
}

const maxAddressesTried = 4

/**
 * Names given by strangers are asked of the DNS servers only. The system's own look-up would also
 * read the hosts file and search domains, and it blocks one of the process's few worker threads
 * (the decoder's too) for as long as a stranger's name server cares to stall. The operator's own
 * hosts do need the hosts file, so they go through the system.
 */
export const systemLookup: Lookup = async (hostname, { isListed, signal }) => {
  if (isListed) return (await lookup(hostname, { all: true })).map(({ address }) => address)
  const resolver = new Resolver({ timeout: 2000, tries: 2 })
  const cancel = () => resolver.cancel()
  signal.addEventListener('abort', cancel, { once: true })
  try {
    const answers = await Promise.allSettled([
      resolver.resolve4(hostname),
      resolver.resolve6(hostname),
    ])
    const addresses = answers.flatMap((answer) =>
      answer.status === 'fulfilled' ? answer.value : [],
    )
    if (addresses.length > 0) return addresses
    throw new Error(`no address found for ${hostname}`, {
      cause: answers.map((answer) => (answer.status === 'rejected' ? answer.reason : undefined)),
    })
  } finally {
    signal.removeEventListener('abort', cancel)
  }
}
