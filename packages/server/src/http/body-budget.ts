/**
 * Memory for the bodies of requests that are being received. Each takes its share before it is
 * read and gives it back once nothing refers to it any more. A tenant has a part of the whole, so
 * that whoever withholds the end of large bodies holds up nobody but itself.
 */
import { fail, type Failure } from '../contract/failure.ts'

/** Sizes in bytes. */
export interface BodyLimits {
  /** Of all bodies together. */
  totalBytes: number
  /** Of the bodies of one workspace and mode. */
  tenantBytes: number
}

/** What one body takes of the budget. */
export interface BodyShare {
  /** Makes the share at least this large; throws rate_limit when there is no room, and keeps what it has. */
  reserve(bytes: number): void
  /** Gives all of it back. Safe to repeat. */
  release(): void
}

export interface BodyBudget {
  /** An empty share for a body of this tenant. */
  open(tenant: string): BodyShare
}

/**
 * The beginning of every body is free: a small request is not refused because of somebody's large
 * ones. What that can add up to is bounded by the cap on connections.
 */
export const freeBytes = 64 * 1024

/** How long a large body usually takes to arrive and to be answered. */
const retryAfterMs = 5000

export function createBodyBudget({ totalBytes, tenantBytes }: BodyLimits): BodyBudget {
  const byTenant = new Map<string, number>()
  let total = 0

  const take = (tenant: string, bytes: number) => {
    total += bytes
    const held = (byTenant.get(tenant) ?? 0) + bytes
    if (held > 0) byTenant.set(tenant, held)
    else byTenant.delete(tenant)
  }

  return {
    open(tenant) {
      let held = 0
      return {
        reserve(bytes) {
          const more = bytes - freeBytes - held
          if (more <= 0) return
          const ofTenant = byTenant.get(tenant) ?? 0
          if (ofTenant + more > tenantBytes) throw tenantIsFull(ofTenant, tenantBytes)
          if (total + more > totalBytes) throw serverIsFull()
          take(tenant, more)
          held += more
        },
        release() {
          take(tenant, -held)
          held = 0
        },
      }
    },
  }
}

function tenantIsFull(heldBytes: number, mostBytes: number): Failure {
  return fail('rate_limit', 'bodies_in_flight', {
    message: `The large bodies of this workspace that are being received take ${toMebibytes(heldBytes)} of the ${toMebibytes(mostBytes)} MiB they may take together, and this one does not fit. Wait until one of them is answered, or send reference images as addresses.`,
    retryAfterMs,
  })
}

function serverIsFull(): Failure {
  return fail('rate_limit', 'bodies_in_flight', {
    message:
      'This server is receiving as many large bodies as it has memory for. Send the request again in a few seconds, or send reference images as addresses.',
    retryAfterMs,
  })
}

function toMebibytes(bytes: number): number {
  return Math.ceil(bytes / 1024 ** 2)
}
