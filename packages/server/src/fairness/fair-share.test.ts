import { expect, test } from 'vitest'
import { createFairShare, type FairShare } from './fair-share.ts'

const { signal } = new AbortController()

/** Takes on behalf of tenants, and notes in which order they were served. */
function serveFrom(share: FairShare) {
  const order: string[] = []
  const releases = new Map<string, () => void>()
  return {
    order,
    /** The name without its number is the tenant. */
    ask(name: string, amount?: number, until = signal): Promise<void> {
      const tenant = name.replace(/\d+$/, '')
      return share.take({ tenant, signal: until }, amount).then((release) => {
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
  const { order, ask, release } = serveFrom(createFairShare({ total: 1 }, () => 0))
  const names = ['a1', 'a2', 'a3', 'a4', 'b1', 'b2', 'c1']
  const all = names.map((name) => ask(name))
  for (let served = 0; served < names.length; served += 1) {
    await all[names.indexOf(order[served] ?? 'a1')]
    await release(order[served] ?? 'a1')
  }
  expect(order).toEqual(['a1', 'b1', 'c1', 'a2', 'b2', 'a3', 'a4'])
})

test('of those who wait, whoever has used least is served next, however many its requests are', async () => {
  let time = 0
  const { order, ask, release } = serveFrom(createFairShare({ total: 40 }, () => time))
  const slow = [ask('slow1', 40), ask('slow2', 40), ask('slow3', 40)]
  time = 1000
  const quick = Array.from({ length: 8 }, (_, index) => ask(`quick${index}`, 20))
  time = 10_000
  await slow[0]
  await release('slow1')
  for (const [index, served] of quick.entries()) {
    await served
    time += 100
    await release(`quick${index}`)
  }
  await slow[1]
  expect(order.indexOf('slow2')).toBe(9)
})

test('what is held by now counts as used, not only what was given back', async () => {
  let time = 0
  const { order, ask, release } = serveFrom(createFairShare({ total: 2 }, () => time))
  await Promise.all([ask('slow1'), ask('other1')])
  const waiting = [ask('slow2'), ask('late1')]
  time = 1000
  await release('other1')
  await waiting[1]
  expect(order.at(-1)).toBe('late1')
  await release('slow1')
  await waiting[0]
})

test('who comes late has no right to all that the others used before', async () => {
  let time = 0
  const { order, ask, release } = serveFrom(createFairShare({ total: 1 }, () => time))
  const names = Array.from({ length: 20 }, (_, index) => `early${index}`)
  const all = new Map(names.map((name) => [name, ask(name)]))
  for (let served = 0; served < 19; served += 1) {
    if (served === 10)
      for (let late = 0; late < 20; late += 1) all.set(`late${late}`, ask(`late${late}`))
    await all.get(order[served] ?? 'early0')
    time += 100
    await release(order[served] ?? '')
  }
  expect(order.slice(11, 19).filter((name) => name.startsWith('early'))).toHaveLength(4)
})

test('whoever has two requests under way is served as often as those who have one after the other', async () => {
  let time = 0
  const share = createFairShare({ total: 1 }, () => time)
  const served = { v: 0, a: 0, b: 0 }
  const held: (() => void)[] = []
  const ask = async (tenant: keyof typeof served): Promise<void> => {
    const release = await share.take({ tenant, signal })
    served[tenant] += 1
    held.push(() => {
      release()
      // The next request of this client comes once its answer has arrived.
      setImmediate(() => void ask(tenant))
    })
  }
  for (const tenant of ['v', 'v', 'a', 'b'] as const) void ask(tenant)
  while (served.v + served.a + served.b < 300) {
    await new Promise(setImmediate)
    time += 10
    held.pop()?.()
  }
  for (const count of Object.values(served)) expect(count).toBeGreaterThan(90)
})

test('the live and the test keys of a workspace have one share together, and turns within it', async () => {
  let time = 0
  const { order, ask, release } = serveFrom(createFairShare({ total: 1 }, () => time))
  const names = ['a/test1', 'a/test2', 'a/live1', 'a/live2', 'b/live1', 'b/live2', 'b/live3']
  const all = names.map((name) => ask(name))
  for (let served = 0; served < names.length; served += 1) {
    const name = order[served] ?? 'a/test1'
    await all[names.indexOf(name)]
    time += 100
    await release(order[served] ?? name)
  }
  expect(order).toEqual([
    'a/test1',
    'b/live1',
    'a/live1',
    'b/live2',
    'a/test2',
    'b/live3',
    'a/live2',
  ])
})

test('a crowd of test keys leaves room for the live keys of its workspace, and both for other workspaces', async () => {
  const limits = { total: 16, perWorkspace: 4, perMode: 3 }
  const { order, ask } = serveFrom(createFairShare(limits))
  const crowd = Array.from({ length: 50 }, (_, index) => ask(`a/test${index}`))
  await Promise.all(crowd.slice(0, 3))
  await ask('a/live0')
  void ask('a/live1')
  await Promise.all(['b/live0', 'b/live1', 'b/live2', 'c/test0'].map((name) => ask(name)))
  expect(order.filter((name) => name.startsWith('a/'))).toHaveLength(4)
})

test('a part of what was taken can be given back before the rest, and nothing twice', async () => {
  const share = createFairShare({ total: 8 })
  const release = await share.take({ tenant: 'a', signal }, 8)
  const { order, ask } = serveFrom(share)
  const waiting = [ask('b1', 3), ask('c1', 5), ask('d1', 1)]
  release(3)
  await waiting[0]
  expect(order).toEqual(['b1'])
  release()
  release(8)
  await waiting[1]
  expect(order).toEqual(['b1', 'c1'])
})

test('a tenant holds no more than its part, whatever it asks for, and another gets the rest at once', async () => {
  const { order, ask, release } = serveFrom(createFairShare({ total: 8, perWorkspace: 2 }))
  const crowd = Array.from({ length: 100 }, (_, index) => ask(`a${index}`))
  await Promise.all(crowd.slice(0, 2))
  await Promise.all([ask('b1'), ask('b2'), ask('c1')])
  expect(order).toEqual(['a0', 'a1', 'b1', 'b2', 'c1'])
  await release('a1')
  await crowd[2]
  expect(order.at(-1)).toBe('a2')
})

test('whoever holds nothing may take more than its part, up to all there is', async () => {
  const share = createFairShare({ total: 8, perWorkspace: 2 })
  const release = await share.take({ tenant: 'a', signal }, 50)
  const { order, ask } = serveFrom(share)
  const waiting = ask('b', 1)
  expect(order).toEqual([])
  release()
  await waiting
})

test('a large request is not overtaken by small ones of others, however many come', async () => {
  const { order, ask, release } = serveFrom(createFairShare({ total: 10 }, () => 0))
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
  const share = createFairShare({ total: 3, perWorkspace: 2 })
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
