import { lookup } from 'node:dns/promises'
import { Resolver } from 'node:dns/promises'
import { isIP } from 'node:net'
import type { AddressGuard } from './address-guard.ts'
import { forbiddenAddress, type ImageAddress } from './parse-image-url.ts'
import { ImageRefusal } from './settings.ts'

/** Looks a name up once and answers every address it has. Throws when there is none. */
export type Lookup = (
  hostname: string,
  options: { isListed: boolean; signal: AbortSignal },
) => Promise<readonly string[]>

/**
 * The addresses to connect to, all of them checked. One forbidden address among good ones refuses
 * the host: that mixture is how a name is made to slip through on the second try.
 */
export async function resolveHost(
  target: ImageAddress,
  { guard, lookup, signal }: { guard: AddressGuard; lookup: Lookup; signal: AbortSignal },
): Promise<readonly string[]> {
  const { hostname, isListed } = target
  if (isIP(hostname) !== 0) {
    if (!guard.isAllowedAddress(hostname, isListed)) throw forbiddenAddress()
    return [hostname]
  }
  const addresses = await lookup(hostname, { isListed, signal }).catch((cause: unknown) => {
    signal.throwIfAborted()
    throw notPublic('the name could not be looked up', cause)
  })
  if (addresses.length === 0) throw notPublic('the name has no address')
  const forbidden = addresses.find((address) => !guard.isAllowedAddress(address, isListed))
  if (forbidden !== undefined) throw notPublic(`the name resolves to ${forbidden}`)
  return addresses.slice(0, maxAddressesTried)
}

const maxAddressesTried = 4

// The same words whether a name does not exist or resolves to a private address: otherwise
// strangers could find out which names exist in the operator's network.
function notPublic(note: string, cause?: unknown): ImageRefusal {
  return new ImageRefusal(
    'has a host name that does not lead to a public internet address, or to one of the operator’s own',
    {
      note,
      cause,
    },
  )
}

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
