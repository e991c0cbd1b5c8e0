/**
 * Shares something scarce between tenants: fetches at once, bytes in memory, decoders, drawing
 * threads. What a workspace uses is counted as amount times the time it is held, and of those who
 * wait the one that has used least is served next: neither a thousand requests nor a single slow one
 * hold up anybody else for longer than what is under way takes. Within a workspace its live and its
 * test keys are served likewise, and each of them first come, first served. Nobody is overtaken for
 * asking for much, only by those who have used less.
 *
 * Whoever comes anew begins where the one served last stood, so that nobody saves up for later.
 * Every operation takes the same time however many requests wait, and grows with the logarithm of
 * the number of workspaces. A workspace that neither holds nor waits is forgotten once the one served
 * last had used as much, or all is free: sooner, and whoever asks for one thing after the other would
 * always be new, and served before those who have several requests under way.
 */
import { LeastFirst } from './least-first.ts'

/** For whom something is taken, and until when it is waited for. */
export interface Asker {
  /** What `tenantOf` tells. */
  tenant: string
  signal: AbortSignal
}

/** Gives back what was taken: a part of it, or all that is left. Safe to call again. */
export type Release = (part?: number) => void

/** A total that is handed out in parts. */
export interface FairShare {
  /**
   * Waits for `amount` (1 when left out; never more than the total), then answers the function that
   * gives it back. Rejects with the signal's reason.
   */
  take(asker: Asker, amount?: number): Promise<Release>
}

export interface ShareLimits {
  total: number
  /** What one workspace holds at most at a time; all of it when left out. */
  perWorkspace?: number
  /** What its live keys, or its test keys, hold at most; as much as the workspace when left out. */
  perMode?: number
}

/** Whose share a generation or a request uses: a workspace's, and there its live or its test keys'. */
export function tenantOf({ workspaceId, mode }: { workspaceId: string; mode: string }): string {
  return `${workspaceId}/${mode}`
}

/** Makes a share. Beyond its parts, a workspace that holds nothing may take any single amount. */
export function createFairShare(
  limits: ShareLimits,
  now: () => number = () => performance.now(),
): FairShare {
  return new Sharing(limits, now)
}

/** What is held, and what that came to over time. */
class Account {
  held = 0
  #used: number
  #countedAt: number

  constructor(used: number, at: number) {
    this.#used = used
    this.#countedAt = at
  }

  used(at: number): number {
    this.#used += this.held * (at - this.#countedAt)
    this.#countedAt = at
    return this.#used
  }

  hold(amount: number, at: number): void {
    this.used(at)
    this.held += amount
  }

  /** Takes away what was saved up by asking for nothing. */
  raiseTo(floor: number, at: number): void {
    this.#used = Math.max(this.used(at), floor)
  }
}

interface Workspace {
  name: string
  account: Account
  /** Its kinds of key, those first that were not served for longest. */
  modes: Map<string, Mode>
  /** What the mode that was served last had used. */
  floor: number
  isInLine: boolean
  /** Among those that are to be forgotten, unless they come back. */
  isParked: boolean
}

interface Mode {
  name: string
  account: Account
  waiting: Line<Waiter>
}

interface Waiter {
  amount: number
  grant: () => void
}

class Sharing implements FairShare {
  readonly #total: number
  readonly #perWorkspace: number
  readonly #perMode: number
  readonly #now: () => number
  #free: number
  readonly #workspaces = new Map<string, Workspace>()
  /** By what they have used, which may have grown since for those who hold something. */
  #line = new LeastFirst<Workspace>()
  /** Those that had nothing to do, by what they had used. */
  #parked = new LeastFirst<Workspace>()
  /** What the workspace that was served last had used. */
  #floor = 0

  constructor(
    { total, perWorkspace = total, perMode = perWorkspace }: ShareLimits,
    now: () => number,
  ) {
    this.#total = total
    this.#perWorkspace = perWorkspace
    this.#perMode = perMode
    this.#free = total
    this.#now = now
  }

  take({ tenant, signal }: Asker, wanted = 1): Promise<Release> {
    if (signal.aborted) return Promise.reject(signal.reason)
    const [workspace, mode] = this.#open(tenant)
    return new Promise((resolve, reject) => {
      const amount = Math.min(wanted, this.#total)
      const abandon = () => {
        mode.waiting.remove(place)
        reject(signal.reason)
        this.#review(workspace)
      }
      let isWaiting = true
      const grant = () => {
        isWaiting = false
        signal.removeEventListener('abort', abandon)
        resolve(this.#hand(workspace, mode, amount))
      }
      if (mode.waiting.first === undefined) mode.account.raiseTo(workspace.floor, this.#now())
      const place = mode.waiting.push({ amount, grant })
      this.#review(workspace)
      if (isWaiting) signal.addEventListener('abort', abandon, { once: true })
    })
  }

  #open(tenant: string): [Workspace, Mode] {
    const at = this.#now()
    const [name = '', modeName = ''] = tenant.split('/')
    const workspace = this.#workspaces.get(name) ?? {
      name,
      account: new Account(this.#floor, at),
      modes: new Map<string, Mode>(),
      floor: 0,
      isInLine: false,
      isParked: false,
    }
    this.#workspaces.set(name, workspace)
    const mode = workspace.modes.get(modeName) ?? {
      name: modeName,
      account: new Account(workspace.floor, at),
      waiting: new Line<Waiter>(),
    }
    workspace.modes.set(modeName, mode)
    return [workspace, mode]
  }

  #review(workspace: Workspace): void {
    this.#join(workspace)
    this.#serve()
  }

  /** Puts a workspace in line if it could use something. */
  #join(workspace: Workspace): void {
    const at = this.#now()
    if (workspace.isInLine || this.#nextMode(workspace, at) === undefined) return
    workspace.account.raiseTo(this.#floor, at)
    this.#line.push(workspace, workspace.account.used(at))
    workspace.isInLine = true
  }

  /** Gives whoever is next what it waits for, as long as there is enough. */
  #serve(): void {
    for (;;) {
      const at = this.#now()
      const workspace = this.#nextWorkspace(at)
      const mode = workspace && this.#nextMode(workspace, at)
      const place = mode?.waiting.first
      if (workspace === undefined || mode === undefined || place === undefined) return
      if (place.value.amount > this.#free) return
      this.#leaveLine(workspace)
      this.#floor = Math.max(this.#floor, workspace.account.used(at))
      workspace.floor = Math.max(workspace.floor, mode.account.used(at))
      // To the end of those who have used as much.
      workspace.modes.delete(mode.name)
      workspace.modes.set(mode.name, mode)
      mode.waiting.remove(place)
      place.value.grant()
      this.#join(workspace)
    }
  }

  /** The one in line that has used least. Those that cannot use anything leave the line. */
  #nextWorkspace(at: number): Workspace | undefined {
    for (;;) {
      const { first } = this.#line
      if (first === undefined) return undefined
      const used = first.value.account.used(at)
      if (used > first.key) this.#line.delayFirst(used)
      else if (this.#nextMode(first.value, at) !== undefined) return first.value
      else this.#leaveLine(first.value)
    }
  }

  #leaveLine(workspace: Workspace): void {
    this.#line.removeFirst()
    workspace.isInLine = false
    this.#park(workspace)
  }

  /** Whose turn it is within a workspace; nobody's while its own limits are what it waits for. */
  #nextMode({ account, modes }: Workspace, at: number): Mode | undefined {
    let next: Mode | undefined
    for (const mode of modes.values()) {
      const wanted = mode.waiting.first?.value.amount
      if (wanted === undefined || !this.#mayTake(account, mode, wanted)) continue
      if (next === undefined || mode.account.used(at) < next.account.used(at)) next = mode
    }
    return next
  }

  #mayTake(ofWorkspace: Account, { account }: Mode, amount: number): boolean {
    if (ofWorkspace.held === 0) return true
    if (ofWorkspace.held + amount > this.#perWorkspace) return false
    return account.held === 0 || account.held + amount <= this.#perMode
  }

  #hand(workspace: Workspace, mode: Mode, amount: number): Release {
    let left = amount
    const move = (by: number) => {
      const at = this.#now()
      this.#free -= by
      workspace.account.hold(by, at)
      mode.account.hold(by, at)
    }
    move(amount)
    return (part = left) => {
      const returned = Math.min(part, left)
      if (returned <= 0) return
      left -= returned
      move(-returned)
      this.#review(workspace)
      if (this.#free === this.#total) this.#forgetAll()
      else this.#park(workspace)
    }
  }

  /** One that has nothing to do is forgotten when its turn would be no later than a newcomer's. */
  #park(workspace: Workspace): void {
    const at = this.#now()
    if (isIdle(workspace) && !workspace.isParked) {
      workspace.isParked = true
      this.#parked.push(workspace, workspace.account.used(at))
    }
    for (;;) {
      const { first } = this.#parked
      if (first === undefined) return
      const used = first.value.account.used(at)
      if (isIdle(first.value) && used > this.#floor) {
        if (used === first.key) return
        this.#parked.delayFirst(used)
      } else {
        this.#parked.removeFirst()
        first.value.isParked = false
        if (isIdle(first.value)) this.#workspaces.delete(first.value.name)
      }
    }
  }

  /** Nobody holds anything, so nobody waits, and all are equal again. */
  #forgetAll(): void {
    this.#workspaces.clear()
    this.#line = new LeastFirst()
    this.#parked = new LeastFirst()
    this.#floor = 0
  }
}

/** Neither holds nor waits. One that is still in line is looked at when it gets to the front. */
function isIdle({ account, modes, isInLine }: Workspace): boolean {
  if (isInLine || account.held > 0) return false
  return [...modes.values()].every(({ waiting }) => waiting.first === undefined)
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
