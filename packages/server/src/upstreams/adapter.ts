/**
 * What each folder of an upstream exports: how its part of the configuration is read, what it can
 * do, and how it is made. upstreams/adapters.ts lists them; nothing else names one.
 */
import type { GenerationType } from '../contract/generations.ts'
import type { MediaStore } from '../media/media-store.ts'
import type { Capabilities, Route } from '../models/model.ts'
import type { HttpClient } from '../net/http-client.ts'
import type { Json, Upstream } from './upstream.ts'

/** The operator's key at an upstream. */
export interface Credential {
  /** Where it comes from, such as the variable's name; kept with each attempt. */
  name: string
  secret: string
}

/** What an upstream of the configuration is made of. */
export interface UpstreamSettings {
  /** As the configuration names it. */
  name: string
  /** Without a slash at its end. */
  baseUrl: string
  /** Undefined where none is configured, as for a server of one's own. */
  credential: Credential | undefined
  /** For the upstream's own addresses. */
  http: HttpClient
  /** For files: any public host, and the upstream's own. */
  files: HttpClient
  /** Where files that come inside an answer go at once. */
  store: Pick<MediaStore, 'stage' | 'discard'>
  clock: () => number
}

/** A route of the configuration, before its adapter has read it. */
export interface RouteConfig {
  model?: string
  params?: Readonly<Record<string, Json>>
  workflow?: string
}

/** A kind of upstream. */
export interface Adapter {
  /** As `adapter` names it in the configuration. */
  name: string
  /** Undefined where `base_url` has to be given. */
  defaultBaseUrl?: string
  needsCredential: boolean
  /**
   * Reads a route. Throws StartupError, whose sentence begins with the field at fault, such as
   * `workflow`. `readFile` reads a file that the route names, relative to the configuration's folder.
   */
  parseRoute(
    config: RouteConfig,
    type: GenerationType,
    readFile: (path: string) => string,
  ): Pick<Route, 'model' | 'settings'>
  /** What a model at this upstream can do unless the configuration narrows it; undefined if it makes none of this type. */
  capabilities(
    type: GenerationType,
    route: Pick<Route, 'model' | 'settings'>,
  ): Capabilities | undefined
  create(settings: UpstreamSettings): Upstream
}
