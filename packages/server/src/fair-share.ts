/**
 * Shares something scarce between tenants: fetches at once, bytes in memory, decoders, drawing
 * threads. Those who wait are served tenant by tenant in turns, and first come, first served within
 * one, so that a tenant with a thousand requests holds up nobody but itself. No request is
 * overtaken for being large: who is next stays next until there is room. Every operation takes the
 * same time however many wait, and nothing is kept of a tenant who neither holds nor waits.
 */

/** For whom something is taken, and until when it is waited for. */
export interface Asker {
  tenant: string
  signal: AbortSignal
}

/** A total that is handed out in parts. */
export interface FairShare {
  /**
   * Waits for `amount` (1 when left out; never more than the total), then answers the function that
   * gives it back, which is safe to call twice. Rejects with the signal's reason.
   */
  take(asker: Asker, amount?: number): Promise<() => void>
}

/** Whose share a generation or a request uses. Test keys have one of their own, as with the limits. */
export function tenantOf({ workspaceId, mode }: { workspaceId: string; mode: string }): string {
  return `${workspaceId}/${mode}`
}

/**
 * Makes a share. One tenant holds at most `perTenant` at a time (all of it when left out), except
 * that who holds nothing may take any single amount.
 */
export function createFairShare(limits: { total: number; perTenant?: number }): FairShare {
  return new Sharing(limits)
}

interface Tenant {
  name: string
  held: number
  waiting: Line<Waiter>
  /** Its place among those whose turn comes; none while its own limit is what it waits for. */
  turn: Place<Tenant> | undefined
}

interface Waiter {
  amount: number
  grant: () => void
}

class Sharing implements FairShare {
  readonly #total: number
  readonly #perTenant: number
  #free: number
  readonly #tenants = new Map<string, Tenant>()
  readonly #turns = new Line<Tenant>()

  constructor({ total, perTenant = total }: Parameters<typeof createFairShare>[0]) {
    this.#total = total
    this.#perTenant = perTenant
    this.#free = total
  }

  take({ tenant: name, signal }: Asker, wanted = 1): Promise<() => void> {
    if (signal.aborted) return Promise.reject(signal.reason)
    const tenant = this.#open(name)
    return new Promise((resolve, reject) => {
      const amount = Math.min(wanted, this.#total)
      const abandon = () => {
        tenant.waiting.remove(place)
        reject(signal.reason)
        this.#review(tenant)
        this.#serve()
      }
      let isWaiting = true
      const grant = () => {
        isWaiting = false
        signal.removeEventListener('abort', abandon)
        resolve(this.#hand(tenant, amount))
      }
      const place = tenant.waiting.push({ amount, grant })
      this.#review(tenant)
      this.#serve()
      if (isWaiting) signal.addEventListener('abort', abandon, { once: true })
    })
  }

  #open(name: string): Tenant {
    const known = this.#tenants.get(name)
    if (known !== undefined) return known
    const tenant: Tenant = { name, held: 0, waiting: new Line(), turn: undefined }
    this.#tenants.set(name, tenant)
    return tenant
  }

  /** Gives whoever is next what it waits for, as long as there is enough. */
  #serve(): void {
    for (;;) {
      const tenant = this.#turns.first?.value
      const next = tenant?.waiting.first
      if (tenant === undefined || next === undefined || next.value.amount > this.#free) return
      this.#endTurn(tenant)
      tenant.waiting.remove(next)
      next.value.grant()
      this.#review(tenant)
    }
  }

  #hand(tenant: Tenant, amount: number): () => void {
    this.#free -= amount
    tenant.held += amount
    let isHeld = true
    return () => {
      if (!isHeld) return
      isHeld = false
      this.#free += amount
      tenant.held -= amount
      this.#review(tenant)
      this.#serve()
    }
  }

  /** Puts a tenant in line for a turn if it could use one, takes it out if not, and forgets it if it is gone. */
  #review(tenant: Tenant): void {
    const first = tenant.waiting.first?.value
    const mayTake =
      first !== undefined && (tenant.held === 0 || tenant.held + first.amount <= this.#perTenant)
    if (!mayTake) this.#endTurn(tenant)
    else tenant.turn ??= this.#turns.push(tenant)
    if (first === undefined && tenant.held === 0) this.#tenants.delete(tenant.name)
  }

  #endTurn(tenant: Tenant): void {
    if (tenant.turn !== undefined) this.#turns.remove(tenant.turn)
    tenant.turn = undefined
  }
}

interface Place<Value> {
  value: Value
  before: Place<Value> | undefined
  after: Place<Value> | undefined
}

/** A linked list: whoever gives up leaves from the middle without a search. */
class Line<Value> {
  first: Place<Value> | undefined
  #last: Place<Value> | undefined

  push(value: Value): Place<Value> {
    const place: Place<Value> = { value, before: this.#last, after: undefined }
    if (this.#last === undefined) this.first = place
    else this.#last.after = place
    this.#last = place
    return place
  }

  /** Each place once. */
  remove({ before, after }: Place<Value>): void {
    if (before === undefined) this.first = after
    else before.after = after
    if (after === undefined) this.#last = before
    else after.before = before
  }
}
