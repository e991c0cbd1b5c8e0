import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createCapacity, type CapacityLimits } from './capacity.ts'

let now: number
beforeEach(() => {
  now = 0
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
})
afterEach(() => {
  expect(vi.getTimerCount()).toBe(0)
  vi.useRealTimers()
})

const patience = () => new AbortController()
const open = (limits: CapacityLimits) => createCapacity(limits, () => now)
const asker = (signal = patience().signal, tenant = 'ws_a/live') => ({ tenant, signal })
async function pass(ms: number): Promise<void> {
  now += ms
  await vi.advanceTimersByTimeAsync(ms)
}
/** Whether it is settled by the time that everything else has had its turn. */
async function isSettled(work: Promise<unknown>): Promise<boolean> {
  let settled = false
  void work.then(
    () => (settled = true),
    () => (settled = true),
  )
  await new Promise((resolve) => setImmediate(resolve))
  return settled
}

test('without limits nobody waits', async () => {
  const capacity = open({})
  let waits = 0
  for (let count = 0; count < 100; count += 1) {
    await capacity.take(asker(), async () => void (waits += 1))
  }
  expect(waits).toBe(0)
})

test('as many as allowed go on at once, and whoever comes later waits for one of them to end', async () => {
  const capacity = open({ concurrency: 2 })
  let waits = 0
  const onWait = async () => void (waits += 1)
  const [slot] = await Promise.all([capacity.take(asker(), onWait), capacity.take(asker(), onWait)])
  expect(waits).toBe(0)
  const third = capacity.take(asker(), onWait)
  expect(await isSettled(third)).toBe(false)
  expect(waits).toBe(1)
  slot.free()
  await third
  const fourth = capacity.take(asker())
  // Given back once, however often that is said.
  slot.free()
  expect(await isSettled(fourth)).toBe(false)
  const next = await third
  next.free()
  await fourth
})

test('tenants take turns', async () => {
  const capacity = open({ concurrency: 1 })
  const slot = await capacity.take(asker())
  const greedy = [1, 2, 3].map(() => capacity.take(asker()))
  const other = capacity.take(asker(patience().signal, 'ws_b/live'))
  now += 1000
  slot.free()
  const served = await Promise.race([
    other.then(() => 'other'),
    ...greedy.map(async (each) => (await each, 'greedy')),
  ])
  expect(served).toBe('other')
})

test('whoever leaves the line takes no place, and none is lost', async () => {
  const capacity = open({ concurrency: 1 })
  const slot = await capacity.take(asker())
  const leaving = patience()
  const left = capacity.take(asker(leaving.signal), async () => {})
  leaving.abort(new Error('left'))
  await expect(left).rejects.toThrow('left')
  slot.free()
  await capacity.take(asker())
})

test('one that has given up before it asks is not given anything', async () => {
  const capacity = open({ concurrency: 1, requestsPerMinute: 1 })
  let waits = 0
  const gone = AbortSignal.abort(new Error('gone'))
  const onWait = async () => void (waits += 1)
  await expect(capacity.take(asker(gone), onWait)).rejects.toThrow('gone')
  expect(waits).toBe(0)
  expect(await isSettled(capacity.take(asker(), onWait))).toBe(true)
})

test('what is to be done before waiting and fails gives the place back', async () => {
  const capacity = open({ concurrency: 1 })
  const slot = await capacity.take(asker())
  const failing = capacity.take(asker(), () => Promise.reject(new Error('disk full')))
  await expect(failing).rejects.toThrow('disk full')
  const next = capacity.take(asker())
  slot.free()
  await next
})

test('so many begin within any minute, whatever the clock says of its beginning', async () => {
  const capacity = open({ requestsPerMinute: 2 })
  let waits = 0
  const onWait = async () => void (waits += 1)
  await capacity.take(asker(), onWait)
  await pass(20_000)
  await capacity.take(asker(), onWait)
  await pass(20_000)
  expect(waits).toBe(0)
  const third = capacity.take(asker(), onWait)
  const fourth = capacity.take(asker(), onWait)
  expect(await isSettled(third)).toBe(false)
  expect(waits).toBe(2)
  await pass(19_999)
  expect(await isSettled(third)).toBe(false)
  await pass(1)
  expect(await isSettled(third)).toBe(true)
  expect(await isSettled(fourth)).toBe(false)
  await pass(20_000)
  await fourth
})

test('whoever waits for the minute and gives up holds up nobody, and gives its place back', async () => {
  const capacity = open({ concurrency: 2, requestsPerMinute: 1 })
  const slot = await capacity.take(asker())
  const leaving = patience()
  const second = capacity.take(asker(leaving.signal))
  slot.free()
  const third = capacity.take(asker())
  expect(await isSettled(second)).toBe(false)
  leaving.abort(new Error('left'))
  await expect(second).rejects.toThrow('left')
  await pass(60_000)
  await third
  expect(await isSettled(capacity.take(asker()))).toBe(false)
  await pass(60_000)
})

test('one in the middle of the line for the minute leaves at once', async () => {
  const capacity = open({ requestsPerMinute: 1 })
  await capacity.take(asker())
  const second = capacity.take(asker())
  const leaving = patience()
  const third = capacity.take(asker(leaving.signal))
  expect(await isSettled(third)).toBe(false)
  leaving.abort(new Error('left'))
  await expect(third).rejects.toThrow('left')
  expect(await isSettled(second)).toBe(false)
  await pass(60_000)
  await second
  const fourth = capacity.take(asker())
  await pass(60_000)
  await fourth
})

test('a job that is under way already takes a place, full or not', async () => {
  const capacity = open({ concurrency: 1 })
  const running = [capacity.occupy('ws_a/live'), capacity.occupy('ws_a/live')]
  const next = capacity.take(asker())
  expect(await isSettled(next)).toBe(false)
  running[0]?.free()
  expect(await isSettled(next)).toBe(false)
  running[1]?.free()
  await next
})

test('one that ends before it had its place takes none', async () => {
  const capacity = open({ concurrency: 1 })
  const slot = await capacity.take(asker())
  const running = capacity.occupy('ws_a/live')
  running.free()
  running.free()
  slot.free()
  await capacity.take(asker())
})

test('without a limit there are no places to take', () => {
  open({}).occupy('ws_a/live').free()
})

test('an upstream that asks to be left alone is, for the longest that it has asked for', () => {
  const capacity = open({})
  expect(capacity.pausedMs()).toBe(0)
  capacity.pause(5000)
  capacity.pause(1000)
  expect(capacity.pausedMs()).toBe(5000)
  now += 4999
  expect(capacity.pausedMs()).toBe(1)
  now += 2
  expect(capacity.pausedMs()).toBe(0)
})

test('time is that of the process when none is given', async () => {
  const capacity = createCapacity({})
  capacity.pause(1e9)
  expect(capacity.pausedMs()).toBeGreaterThan(9e8)
})
