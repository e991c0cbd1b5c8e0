import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { GenerationEvents } from './events.ts'

let events: GenerationEvents
let patience: AbortController
beforeEach(() => {
  events = new GenerationEvents()
  patience = new AbortController()
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
})
afterEach(() => {
  // Whoever waited has left nothing behind.
  expect(vi.getTimerCount()).toBe(0)
  vi.useRealTimers()
})

/** A look that finds something from the given time on, and counts. */
function looking(foundAt: number) {
  const look = { count: 0, at: () => Promise.resolve<string | undefined>(undefined) }
  look.at = async () => {
    look.count += 1
    return look.count >= foundAt ? 'found' : undefined
  }
  return look
}
const turn = () => new Promise((resolve) => setImmediate(resolve))

test('what is there already is not waited for', async () => {
  expect(await events.waitFor('gen_a', looking(1).at, patience.signal)).toBe('found')
})

test('a change is looked at at once, and one of another generation is not', async () => {
  const look = looking(2)
  const waiting = events.waitFor('gen_a', look.at, patience.signal)
  await turn()
  events.changed('gen_b')
  await turn()
  expect(look.count).toBe(1)
  events.changed('gen_a')
  expect(await waiting).toBe('found')
})

test('a change during the look is not missed', async () => {
  let looks = 0
  const value = await events.waitFor(
    'gen_a',
    async () => {
      looks += 1
      if (looks === 2) return 'found'
      events.changed('gen_a')
      return undefined
    },
    patience.signal,
  )
  expect(value).toBe('found')
})

test('it looks every two seconds in case a change was made elsewhere', async () => {
  const look = looking(3)
  const waiting = events.waitFor('gen_a', look.at, patience.signal)
  await turn()
  await vi.advanceTimersByTimeAsync(1999)
  expect(look.count).toBe(1)
  await vi.advanceTimersByTimeAsync(1)
  expect(look.count).toBe(2)
  await vi.advanceTimersByTimeAsync(2000)
  expect(await waiting).toBe('found')
})

test('whoever gives up is told nothing, and does not look again', async () => {
  const look = looking(9)
  const waiting = events.waitFor('gen_a', look.at, patience.signal)
  await turn()
  patience.abort()
  expect(await waiting).toBeUndefined()
  expect(look.count).toBe(1)
  expect(await events.waitFor('gen_a', look.at, patience.signal)).toBeUndefined()
  expect(look.count).toBe(1)
})

test('a look that fails ends the wait', async () => {
  const failing = () => Promise.reject(new Error('no database'))
  await expect(events.waitFor('gen_a', failing, patience.signal)).rejects.toThrow('no database')
})

test('any number may wait for the same generation', async () => {
  const warnings: unknown[] = []
  const warn = (warning: unknown) => void warnings.push(warning)
  process.on('warning', warn)
  const looks = Array.from({ length: 30 }, () => looking(2))
  const waiting = looks.map((look) =>
    events.waitFor('gen_a', look.at, new AbortController().signal),
  )
  await turn()
  events.changed('gen_a')
  expect(await Promise.all(waiting)).toEqual(Array(30).fill('found'))
  await turn()
  process.off('warning', warn)
  expect(warnings).toEqual([])
})
