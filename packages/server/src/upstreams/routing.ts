import type { Model, Route } from '../models/model.ts'
import type { Account } from './accounts.ts'
import type { Upstream } from './upstream.ts'

/** Where generations go. */
export interface Routing {
  /** The routes of a model in order; none if the model is not configured (any more). */
  routesOf(order: Destination): readonly Route[]
  /** Who is asked on a route; undefined if the upstream is not configured. */
  accountFor(route: Pick<Route, 'upstream'>): Account | undefined
  /** By whom an attempt was sent; undefined if the upstream, or this credential, is no longer configured. */
  accountOf(attempt: { upstream: string; credential: string | null }): Account | undefined
  /** The upstream whose rehearsals a generation of this model gets; undefined if there is none. */
  rehearsing(order: Destination): Upstream | undefined
}

/** What decides where a generation goes. */
export interface Destination {
  model: string
  mode: 'live' | 'test'
}

/** `testRoute` takes everything that a test key orders, under the model's own rules and prices. */
export function createRouting(options: {
  models: readonly Model[]
  accounts: readonly Account[]
  testRoute(model: Model): Route
}): Routing {
  const models = new Map(options.models.map((model) => [model.id, model]))
  const accounts = new Map(options.accounts.map((account) => [account.upstream.name, account]))
  const routesOf = ({ model: id, mode }: Destination) => {
    const model = models.get(id)
    if (model === undefined) return []
    return mode === 'live' ? model.routes : [options.testRoute(model)]
  }
  return {
    routesOf,
    accountFor: ({ upstream }) => accounts.get(upstream),
    accountOf({ upstream, credential }) {
      const account = accounts.get(upstream)
      return account?.credential === credential ? account : undefined
    },
    rehearsing(order) {
      const [first] = routesOf(order)
      return first === undefined ? undefined : accounts.get(first.upstream)?.upstream
    },
  }
}
