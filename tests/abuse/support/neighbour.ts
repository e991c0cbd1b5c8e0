/**
 * A tenant who works normally while somebody else attacks: it makes pictures and reads, one after
 * the other, and notes how long each took. An attack has failed if the neighbour did not notice.
 */
import { expect } from 'vitest'
import { api, postImage, type ApiAnswer } from '../../support/api.ts'
import type { Tenant } from '../../contract/support/operator.ts'

/** What the neighbour saw, in milliseconds. */
export interface Seen {
  images: Latencies
  reads: Latencies
  /** Answers that were not what a normal day brings. */
  troubles: string[]
}

interface Latencies {
  count: number
  p50: number
  max: number
}

export interface Neighbour {
  /** Ends its work, after the request that it is in, and tells what it saw. */
  stop(): Promise<Seen>
}

/** Sets a tenant to work. */
export function startNeighbour(tenant: Pick<Tenant, 'baseURL' | 'key'>): Neighbour {
  const stopping = new AbortController()
  const diary = new Diary(tenant)
  const work = (async () => {
    while (!stopping.signal.aborted) await diary.work()
  })()
  return {
    async stop() {
      stopping.abort()
      await work
      return diary.toSeen()
    },
  }
}

/** What a tenant sees while nobody attacks, to compare with. */
export async function seeNormalDay(tenant: Pick<Tenant, 'baseURL' | 'key'>): Promise<Seen> {
  // The first picture loads what drawing needs.
  await postImage(tenant)
  const diary = new Diary(tenant)
  for (let round = 0; round < 5; round += 1) await diary.work()
  return diary.toSeen()
}

class Diary {
  readonly #tenant: Pick<Tenant, 'baseURL' | 'key'>
  readonly #images: number[] = []
  readonly #reads: number[] = []
  readonly #troubles: string[] = []

  constructor(tenant: Pick<Tenant, 'baseURL' | 'key'>) {
    this.#tenant = tenant
  }

  /** One round of normal work. */
  async work(): Promise<void> {
    await this.#time(this.#reads, () => api(this.#tenant, 'GET', '/v2/models'))
    await this.#time(this.#images, () => postImage(this.#tenant))
    await this.#time(this.#reads, () => api(this.#tenant, 'GET', '/v2/generations?limit=5'))
  }

  toSeen(): Seen {
    const [images, reads] = [toLatencies(this.#images), toLatencies(this.#reads)]
    return { images, reads, troubles: this.#troubles }
  }

  async #time(into: number[], ask: () => Promise<ApiAnswer>): Promise<void> {
    const startedAt = performance.now()
    try {
      const { status, text } = await ask()
      if (status !== 200) this.#troubles.push(`${status} ${text.slice(0, 300)}`)
    } catch (error) {
      this.#troubles.push(String(error))
    }
    into.push(performance.now() - startedAt)
  }
}

/** Asserts that an attack went by unnoticed. Bounds are for machines that others use as well. */
export function expectUnnoticed(seen: Seen, { imageMs = 10_000, readMs = 2000 } = {}): void {
  expect(seen.troubles).toEqual([])
  expect(seen.images.count).toBeGreaterThan(0)
  expect(seen.images.max).toBeLessThan(imageMs)
  expect(seen.reads.max).toBeLessThan(readMs)
}

/** One line for the printed figures. */
export function describeSeen({ images, reads }: Seen): string {
  const show = ({ count, p50, max }: Latencies) =>
    `${count} in p50 ${Math.round(p50)} ms, max ${Math.round(max)} ms`
  return `images ${show(images)}; reads ${show(reads)}`
}

function toLatencies(values: number[]): Latencies {
  const sorted = values.toSorted((a, b) => a - b)
  return {
    count: sorted.length,
    p50: sorted[Math.floor(sorted.length / 2)] ?? 0,
    max: sorted.at(-1) ?? 0,
  }
}
