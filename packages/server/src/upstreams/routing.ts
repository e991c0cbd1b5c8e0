import type { Model, Route } from '../models/model.ts'
import type { Upstream } from './upstream.ts'

/** Where generations go. */
export interface Routing {
  /** The routes of a model in order. Throws if the model is not configured (any more). */
  routesOf(order: Order): readonly Route[]
  firstRoute(order: Order): Route
  /** Throws if there is no such upstream, which the configuration rules out. */
  upstream(name: string): Upstream
}

/** What decides where a generation goes. */
export interface Order {
  model: string
  mode: 'live' | 'test'
}

/** `testRoute` takes everything that a test key orders, under the model's own rules and prices. */
export function createRouting(options: {
  models: readonly Model[]
  upstreams: readonly Upstream[]
  testRoute(model: Model): Route
}): Routing {
  const models = new Map(options.models.map((model) => [model.id, model]))
  const upstreams = new Map(options.upstreams.map((upstream) => [upstream.name, upstream]))
  const routesOf = ({ model: id, mode }: Order) => {
    const model = models.get(id)
    if (model === undefined) throw new Error(`the model ${id} is no longer configured`)
    return mode === 'live' ? model.routes : [options.testRoute(model)]
  }
  return {
    routesOf,
    firstRoute(order) {
      const [route] = routesOf(order)
      if (route === undefined) throw new Error(`the model ${order.model} has no route`)
      return route
    },
    upstream(name) {
      const upstream = upstreams.get(name)
      if (upstream === undefined) throw new Error(`there is no upstream ${name}`)
      return upstream
    },
  }
}
