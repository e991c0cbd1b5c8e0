import type { operations } from '../generated/openapi.ts'

/** An operation of the API, by its id in the OpenAPI document. */
export type Operation = keyof operations

interface Row {
  method: 'GET' | 'POST'
  path: string
  /** Lets it through only where the owner asked for it. */
  asked?: 'list' | 'billing'
}

// The compiler demands a row for each operation that the API has.
const rows: Record<Operation, Row> = {
  createImage: { method: 'POST', path: '/v2/images/generations' },
  getImage: { method: 'GET', path: '/v2/images/generations/{id}' },
  cancelImage: { method: 'POST', path: '/v2/images/generations/{id}/cancel' },
  createVideo: { method: 'POST', path: '/v2/videos/generations' },
  getVideo: { method: 'GET', path: '/v2/videos/generations/{id}' },
  cancelVideo: { method: 'POST', path: '/v2/videos/generations/{id}/cancel' },
  listModels: { method: 'GET', path: '/v2/models' },
  listGenerations: { method: 'GET', path: '/v2/generations', asked: 'list' },
  getBalance: { method: 'GET', path: '/v2/billing/balance', asked: 'billing' },
  getCosts: { method: 'GET', path: '/v2/billing/costs', asked: 'billing' },
}

// An id is letters, digits, dashes and underscores: no dot, slash, backslash or percent sign, so
// that nothing but one generation can be named by it.
const routes = Object.entries(rows).map(([operation, row]) => ({
  ...row,
  // Object.entries loses the key's literal type; the table is closed, so the cast holds.
  operation: operation as Operation,
  pattern: new RegExp(`^${row.path.replace('{id}', '([\\w-]{1,128})')}$`),
}))

/** A request that the proxy knows. */
export interface Route {
  operation: Operation
  method: 'GET' | 'POST'
  /** Path at the gateway. */
  path: string
  /** Absent where the request is about no generation that exists. */
  generationId: string | undefined
  /** Whether it makes a generation, which may cost money. */
  creates: boolean
}

/**
 * The route of a request; undefined for all that the owner's table does not let through. What stands
 * before `/v2/` is where the owner put the proxy, and is not passed on: the gateway is asked for a
 * path of the table and for no other.
 */
export function findRoute(
  method: string,
  pathname: string,
  { basePath, allow }: { basePath: string | undefined; allow: { list: boolean; billing: boolean } },
): Route | undefined {
  // Without a basePath the first is taken: a second one is part of no path of the table.
  const prefix = basePath ?? pathname.slice(0, Math.max(0, pathname.indexOf('/v2/')))
  if (!pathname.startsWith(prefix) || isAmbiguous(pathname)) return undefined
  const path = pathname.slice(prefix.length)
  // Frameworks answer HEAD with what GET gives, less the body.
  const wanted = method === 'HEAD' ? 'GET' : method
  for (const { operation, method, pattern, asked: condition } of routes) {
    const match = method === wanted ? pattern.exec(path) : null
    if (!match || (condition && !allow[condition])) continue
    const creates = operation === 'createImage' || operation === 'createVideo'
    return { operation, method, path, generationId: match[1], creates }
  }
  return undefined
}

/**
 * Whether a path can be read in two ways, so that a fence before the proxy, such as a rule of a web
 * server for `/films/v2/videos`, may have taken it for another.
 */
export function isAmbiguous(path: string): boolean {
  return /\\|\/\/|%2f|%5c|(^|\/)(\.|%2e){1,2}(\/|$)/i.test(path)
}
