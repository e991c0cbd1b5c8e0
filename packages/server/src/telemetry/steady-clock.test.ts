import { beforeEach, expect, test } from 'vitest'
import { steadyClock } from './steady-clock.ts'

const hour = 3_600_000
const start = 1_700_000_000_000

let elapsed: number
let wall: number
let jumps: number[]
let clock: () => number
beforeEach(() => {
  elapsed = 5000
  wall = start
  jumps = []
  clock = steadyClock({
    onJump: (byMs) => jumps.push(byMs),
    wall: () => wall,
    elapsed: () => elapsed,
  })
})

function pass(ms: number): void {
  elapsed += ms
  wall += ms
}

test('it shows the time of the system for as long as that runs evenly', () => {
  for (let minute = 0; minute < 60; minute += 1) {
    expect(clock()).toBe(wall)
    pass(60_000)
  }
  expect(jumps).toEqual([])
})

test.each([
  ['forward', hour, 60_000 * 1.1],
  ['back', -hour, 60_000 * 0.995],
])('a step %s changes the length of a minute by little, and is told once', (_way, step, minute) => {
  clock()
  wall += step
  const before = clock()
  expect(Math.abs(before - start)).toBeLessThan(10)
  for (let ms = 0; ms < 60_000; ms += 100) {
    pass(100)
    clock()
  }
  expect(clock() - before).toBeCloseTo(minute, -1)
  expect(jumps).toEqual([step])
})

test('it follows a step until it shows the time of the system again', () => {
  wall += 60_000
  for (let ms = 0; ms < 60_000 * 11; ms += 1000) {
    pass(1000)
    clock()
  }
  expect(clock()).toBe(wall)
})

test('it never goes back, whatever the clocks do', () => {
  let last = clock()
  for (const step of [-hour, 3 * hour, -17, -24 * hour, 1, 90 * 24 * hour]) {
    wall += step
    for (const ms of [0, 0.3, 1, 250]) {
      pass(ms)
      const now = clock()
      expect(now).toBeGreaterThanOrEqual(last)
      expect(Number.isInteger(now)).toBe(true)
      last = now
    }
  }
})

test('small corrections are followed and not spoken of', () => {
  wall += 900
  clock()
  pass(60_000)
  expect(clock()).toBe(wall)
  expect(jumps).toEqual([])
})
