/**
 * Which pages may read the answers. The files and the description of the API are open to every
 * page, since a signed link is the right to its file and the description is no secret. The rest of
 * the API is open to the origins that the operator lists, errors included: a page that cannot read
 * its 429 cannot wait. Cookies play no part, so no origin gains more than its own key gives it.
 */
import type { IncomingHttpHeaders } from 'node:http'
import type { CorsOrigins } from '../config/cors-origins.ts'
import { responseHeaders } from '../contract/openapi-headers.ts'
import { operationRows, type Operation } from '../contract/operations.ts'

/** What of a request decides. */
export interface CorsRequest {
  url?: string | undefined
  headers: IncomingHttpHeaders
}

export interface Cors {
  /** The headers of any answer to this request. */
  headersFor(request: CorsRequest): Record<string, string>
  /** The headers that answer a preflight; undefined where the origin may not ask, or nothing is asked. */
  preflight(
    request: CorsRequest,
    methods: readonly Operation['method'][],
  ): Record<string, string> | undefined
}

/** Seconds for which a browser may remember a preflight; none keeps it longer than a day. */
const maxAgeSeconds = 86_400

/** Every header of ours, and those of HTTP that a page cannot read unless it is told so. */
const exposed = [
  ...Object.keys(responseHeaders),
  'Preference-Applied',
  'Accept-Ranges',
  'Content-Disposition',
  'Content-Length',
  'Content-Range',
  'ETag',
].join(', ')

const namesOfHeaders = /^[\w!#$%&'*+.^`|~-]+(\s*,\s*[\w!#$%&'*+.^`|~-]+)*$/

export function createCors(origins: CorsOrigins): Cors {
  const listed = new Set(origins === '*' ? [] : origins)
  const allowedFor = ({ url = '', headers: { origin } }: CorsRequest) => {
    if (origins === '*' || isOpen(url)) return '*'
    return origin !== undefined && listed.has(origin) ? origin : undefined
  }
  // Answers differ by origin wherever a list decides, for a cache also if no origin was sent.
  const varies = ({ url = '' }: CorsRequest) => listed.size > 0 && !isOpen(url)
  return {
    headersFor(request) {
      const allowed = allowedFor(request)
      return {
        ...(varies(request) ? { vary: 'Origin' } : {}),
        ...(allowed === undefined
          ? {}
          : {
              'access-control-allow-origin': allowed,
              'access-control-expose-headers': exposed,
            }),
      }
    },
    preflight(request, methods) {
      const { headers } = request
      const allowed = allowedFor(request)
      const isPreflight =
        headers.origin !== undefined && headers['access-control-request-method'] !== undefined
      if (allowed === undefined || !isPreflight || methods.length === 0) return undefined
      const names = headers['access-control-request-headers'] ?? ''
      return {
        vary: 'Origin, Access-Control-Request-Headers',
        'access-control-allow-origin': allowed,
        'access-control-allow-methods': toMethods(methods),
        'access-control-max-age': String(maxAgeSeconds),
        // Other headers mean nothing here, and those of any client must get through.
        ...(namesOfHeaders.test(names) ? { 'access-control-allow-headers': names } : {}),
      }
    },
  }
}

/** Where the fixed part of a path ends tells enough: what fails behind it is to be readable, too. */
const openPaths = operationRows
  .filter(({ anyOrigin }) => anyOrigin === true)
  .map(({ path }) => path.split('{', 1)[0] ?? path)

function isOpen(url: string): boolean {
  return openPaths.some((path) => url.startsWith(path))
}

function toMethods(methods: readonly Operation['method'][]): string {
  const all = methods.flatMap((method) => (method === 'GET' ? ['GET', 'HEAD'] : [method]))
  return [...new Set(all)].join(', ')
}
