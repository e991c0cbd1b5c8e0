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
  asked: { list: boolean; billing: boolean },
): Route | undefined {
  const path = pathname.slice(Math.max(0, pathname.lastIndexOf('/v2/')))
  // Frameworks answer HEAD with what GET gives, less the body.
  const wanted = method === 'HEAD' ? 'GET' : method
  for (const { operation, method, pattern, asked: condition } of routes) {
    const match = method === wanted ? pattern.exec(path) : null
    if (!match || (condition && !asked[condition])) continue
    const creates = operation === 'createImage' || operation === 'createVideo'
    return { operation, method, path, generationId: match[1], creates }
  }
  return undefined
}
