import type { Model } from '../contract/models.ts'

/** What the pages of one server have in common. */
export interface PageContext {
  /** Address under which clients reach this server, without a slash at the end. */
  publicUrl: string
  version: string
  /** The models as `GET /v2/models` shows them. */
  models: readonly Model[]
}
