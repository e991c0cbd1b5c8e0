import type { Capacity } from './capacity.ts'
import type { Upstream } from './upstream.ts'

/** An upstream as one credential sees it, and what that credential may have under way. */
export interface Account {
  upstream: Upstream
  /** Name of the credential; null where the upstream needs none. */
  credential: string | null
  capacity: Capacity
}
