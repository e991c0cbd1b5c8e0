/** The address under which clients reach the gateway: what links in answers and on pages begin with. */
import { operationRows } from '../contract/operations.ts'
import { publicPath } from '../contract/public-path.ts'
import { StartupError } from '../storage/startup-error.ts'

const example = 'https://images.example.com'

/** First parts of our own paths. An address below one of them could not be told from the path itself. */
const ownParts: ReadonlySet<string> = new Set(operationRows.map(({ path }) => firstPart(path)))

/**
 * The address in its plain form, without a slash at the end; it may have a path. `setting` is how the
 * reader knows it, for the sentence of the StartupError that is thrown when it cannot be used. The
 * sentence repeats no credentials.
 */
export function parsePublicUrl(text: string, setting: string): string {
  const refuse = (fault: string) => new StartupError(`${setting} ${fault}`)
  if (text.trim() === '') {
    throw refuse(
      `is empty. Give the address under which clients reach this server, such as ${example}, or leave the setting out.`,
    )
  }
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:') {
    throw refuse(`must be an http or https address such as ${example}, not ${withoutUser(text)}.`)
  }
  if (url.username !== '' || url.password !== '') {
    throw refuse('holds a user name or password, which every answer would show. Remove it.')
  }
  if (/[?#]/.test(text)) {
    throw refuse(
      `ends in a query or fragment, which no link can begin with. Remove it: ${toBase(url)}`,
    )
  }
  if (isAnyInterface(url.hostname)) {
    throw refuse(
      `names ${url.hostname}, to which nobody can connect. Give the name that clients use.`,
    )
  }
  const part = firstPart(url.pathname)
  if (part !== '' && ownParts.has(part)) {
    throw refuse(
      `must not begin its path with /${part}, which clients add themselves: ${url.origin}`,
    )
  }
  return toBase(url)
}

/** Whether a host to listen on means every address of this machine rather than one. */
export function isAnyInterface(host: string): boolean {
  return ['0.0.0.0', '::', '[::]'].includes(toHostname(host))
}

/** Whether a host to listen on can be reached from this machine only. */
export function isLoopback(host: string): boolean {
  return /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(toHostname(host))
}

// URL brings all spellings of an address (`0`, `::0`) to one.
function toHostname(host: string): string {
  const text = host.includes(':') && !host.startsWith('[') ? `http://[${host}]` : `http://${host}`
  return URL.canParse(text) ? new URL(text).hostname : host
}

function toBase(url: URL): string {
  return `${url.origin}${publicPath(url.href)}`
}

function withoutUser(text: string): string {
  return text.replace(/[^/]*@/, '')
}

function firstPart(path: string): string {
  return path.split('/', 2)[1] ?? ''
}
