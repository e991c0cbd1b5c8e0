import { expect, test } from 'vitest'
import { createFairShare, type FairShare } from './fair-share.ts'

const { signal } = new AbortController()

/** Takes on behalf of tenants, and notes in which order they were served. */
function serveFrom(share: FairShare) {
  const order: string[] = []
  const releases = new Map<string, () => void>()
  return {
    order,
    /** The first letter of the name is the tenant. */
    ask(name: string, amount?: number, until = signal): Promise<void> {
      return share.take({ tenant: name.slice(0, 1), signal: until }, amount).then((release) => {
        order.push(name)
        releases.set(name, release)
      })
    },
    async release(name: string): Promise<void> {
      releases.get(name)?.()
      await Promise.resolve()
      await Promise.resolve()
    },
  }
}

test('tenants who wait are served in turns, and each one’s requests in their order', async () => {
  const { order, ask, release } = serveFrom(createFairShare({ total: 1 }))
  const names = ['a1', 'a2', 'a3', 'a4', 'b1', 'b2', 'c1']
  const all = names.map((name) => ask(name))
  for (let served = 0; served < names.length; served += 1) {
    await all[names.indexOf(order[served] ?? 'a1')]
    await release(order[served] ?? 'a1')
  }
  expect(order).toEqual(['a1', 'b1', 'c1', 'a2', 'b2', 'a3', 'a4'])
})

test('a tenant holds no more than its part, whatever it asks for, and another gets the rest at once', async () => {
  const { order, ask, release } = serveFrom(createFairShare({ total: 8, perTenant: 2 }))
  const crowd = Array.from({ length: 100 }, (_, index) => ask(`a${index}`))
  await Promise.all(crowd.slice(0, 2))
  await Promise.all([ask('b1'), ask('b2'), ask('c1')])
  expect(order).toEqual(['a0', 'a1', 'b1', 'b2', 'c1'])
  await release('a1')
  await crowd[2]
  expect(order.at(-1)).toBe('a2')
})

test('whoever holds nothing may take more than its part, up to all there is', async () => {
  const share = createFairShare({ total: 8, perTenant: 2 })
  const release = await share.take({ tenant: 'a', signal }, 50)
  const { order, ask } = serveFrom(share)
  const waiting = ask('b', 1)
  expect(order).toEqual([])
  release()
  await waiting
})

test('a large request is not overtaken by small ones of others, however many come', async () => {
  const { order, ask, release } = serveFrom(createFairShare({ total: 10 }))
  await ask('a1', 4)
  const large = ask('b1', 10)
  const small = [ask('c1', 1), ask('d1', 1)]
  expect(order).toEqual(['a1'])
  await release('a1')
  await large
  await release('b1')
  await Promise.all(small)
  expect(order).toEqual(['a1', 'b1', 'c1', 'd1'])
})

test('whoever gives up leaves the line, and does not hold up the next', async () => {
  const { order, ask, release } = serveFrom(createFairShare({ total: 2 }))
  await ask('a1', 1)
  const caller = new AbortController()
  const large = ask('b1', 2, caller.signal)
  const small = ask('c1', 1)
  caller.abort(new Error('gave up'))
  await expect(large).rejects.toThrow('gave up')
  await small
  await expect(ask('d1', 1, caller.signal)).rejects.toThrow('gave up')
  await release('a1')
  await release('a1')
  await release('c1')
  await ask('e1', 2)
  expect(order).toEqual(['a1', 'c1', 'e1'])
})

test('twenty thousand come, wait, give up and go in a moment, and all of it is there again', async () => {
  const share = createFairShare({ total: 3, perTenant: 2 })
  const startedAt = performance.now()
  const callers = Array.from({ length: 20_000 }, () => new AbortController())
  const work = callers.map(async (caller, index) => {
    // Four requests for each of 5,000 tenants.
    const asker = { tenant: String(index >> 2), signal: caller.signal }
    const release = await share.take(asker, 1 + (index % 2))
    release()
  })
  for (const [index, caller] of callers.entries()) if (index % 2 === 1) caller.abort()
  const settled = await Promise.allSettled(work)
  const tookMs = performance.now() - startedAt
  console.log(`20,000 askers: ${Math.round(tookMs)} ms`)
  expect(settled.filter(({ status }) => status === 'fulfilled').length).toBeGreaterThanOrEqual(
    10_000,
  )
  await share.take({ tenant: 'last', signal }, 3)
})
