import { toUrl, type AddressGuard } from '../../net/address-guard.ts'
import { checkHost, type CheckedHost } from '../../net/check-host.ts'
import { ImageRefusal } from './settings.ts'

/** A web address that passed every check which needs no look-up. */
export interface ImageAddress extends CheckedHost {
  url: URL
}

// Signed storage links reach about 4,000 characters.
const maxUrlLength = 8192

/** Checks scheme, credentials, host and port. Throws an `ImageRefusal` that names the rule. */
export function parseImageUrl(text: string, guard: AddressGuard): ImageAddress {
  if (text.length > maxUrlLength) {
    throw new ImageRefusal(`has an address longer than ${maxUrlLength} characters`)
  }
  const url = toUrl(text)
  if (url === undefined) throw new ImageRefusal('does not have a valid web address')
  return checkImageUrl(url, guard)
}

/** Where a redirect leads, held to the same rules as the first address. */
export function parseRedirect(
  location: string,
  from: ImageAddress,
  guard: AddressGuard,
): ImageAddress {
  const url = location.length > maxUrlLength ? undefined : toUrl(location, from.url)
  if (url === undefined) throw new ImageRefusal('redirects to something that is not a web address')
  // Whoever asked for https was promised that nobody on the way swaps the picture.
  if (from.url.protocol === 'https:' && url.protocol === 'http:') {
    throw new ImageRefusal('redirects from https to http, which is not followed')
  }
  return checkImageUrl(url, guard)
}

function checkImageUrl(url: URL, guard: AddressGuard): ImageAddress {
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw new ImageRefusal('does not have an http, https or data address')
  }
  if (url.username !== '' || url.password !== '') {
    throw new ImageRefusal(
      'has a user name or password in its address, which is not allowed; remove it, or sign the address',
    )
  }
  const host = checkHost(url, guard)
  if (host === 'host') throw forbiddenAddress()
  if (host === 'port') {
    throw new ImageRefusal(
      'has a port in its address that this server does not fetch from; use the usual port of http or https',
    )
  }
  // A certificate never names the trailing dot of an absolute name.
  if (url.hostname.endsWith('.')) url.hostname = host.hostname
  return { url, ...host }
}

/** Said of literal addresses and local names alike. */
export function forbiddenAddress(note?: string): ImageRefusal {
  return new ImageRefusal(
    'points to an address that this server does not fetch from; it has to be on the public internet, and none of the operator’s own',
    note === undefined ? {} : { note },
  )
}
