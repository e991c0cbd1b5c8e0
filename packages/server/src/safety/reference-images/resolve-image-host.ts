import { isIP } from 'node:net'
import type { AddressGuard } from '../../net/address-guard.ts'
import { HostRefusal, resolveHost, type Lookup } from '../../net/resolve-host.ts'
import { forbiddenAddress, type ImageAddress } from './parse-image-url.ts'
import { ImageRefusal } from './settings.ts'

/** The addresses of a picture's host, all of them checked; an `ImageRefusal` where one is forbidden. */
export async function resolveImageHost(
  target: ImageAddress,
  environment: { guard: AddressGuard; lookup: Lookup; signal: AbortSignal },
): Promise<readonly string[]> {
  try {
    return await resolveHost(target, environment)
  } catch (error) {
    if (!(error instanceof HostRefusal)) throw error
    throw isIP(target.hostname) === 0 ? notPublic(error) : forbiddenAddress()
  }
}

// The same words whether a name does not exist or resolves to a private address: otherwise
// strangers could find out which names exist in the operator's network.
function notPublic({ message, cause }: HostRefusal): ImageRefusal {
  return new ImageRefusal(
    'has a host name that does not lead to a public internet address, or to one of the operator’s own',
    { note: message, cause },
  )
}
