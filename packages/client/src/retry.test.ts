import { expect, test } from 'vitest'
import { decide, retryAfterMs, seconds, pause, systemClock } from './retry.ts'

const half = (): number => 0.5
const room = { attempts: 1, maxRetries: 4, leftMs: 60_000 }

test('back-off doubles from half a second, is spread over its whole length, and stays below 8 s', () => {
  const delays = [1, 2, 3, 4, 5, 6, 60].map((attempts) =>
    decide({ retryable: true }, { ...room, attempts, maxRetries: 99 }, half),
  )
  expect(delays.map((delay) => ('afterMs' in delay ? delay.afterMs : undefined))).toEqual([
    250, 500, 1_000, 2_000, 4_000, 4_000, 4_000,
  ])
  expect(decide({ retryable: true }, room, () => 0)).toEqual({ afterMs: 0 })
})

test('what may not be retried is not, even if the server names a time', () => {
  expect(decide({ retryable: false, retryAfterMs: 1 }, room, half)).toEqual({})
})

test('tries end when they are used up, and when the time is', () => {
  expect(decide({ retryable: true }, { ...room, attempts: 5 }, half)).toEqual({})
  expect(decide({ retryable: true }, { ...room, leftMs: 250 }, half)).toEqual({})
  expect(decide({ retryable: true }, { ...room, leftMs: 0 }, () => 0)).toEqual({})
})

test('a wait the server asks for is never cut short, and the spread never breaks the limit', () => {
  const asked = { retryable: true, retryAfterMs: 20_000 }
  expect(decide(asked, room, half)).toEqual({ afterMs: 20_500 })
  expect(decide(asked, { ...room, leftMs: 20_100 }, half)).toEqual({ afterMs: 20_050 })
  expect(decide(asked, { ...room, leftMs: 19_999 }, half)).toEqual({
    because: expect.stringContaining('asks to wait 20 s'),
  })
})

test('a date is counted from the server clock where the answer shows it, else from ours', () => {
  const inAMinute = new Date(Date.now() + 60_000).toUTCString()
  expect(retryAfterMs(new Headers({ 'Retry-After': inAMinute }))).toBeGreaterThan(58_000)
  const Date1994 = 'Sun, 06 Nov 1994 08:49:37 GMT'
  const headers = { 'Retry-After': 'Sun, 06 Nov 1994 08:50:07 GMT', Date: Date1994 }
  expect(retryAfterMs(new Headers(headers))).toBe(30_000)
})

test.each(['', 'soon', '-1', '1e3', 'Infinity', '0x10', '5 minutes', 'May', 'Mon, 99'])(
  'garbage such as %j asks for nothing',
  (text) => {
    expect(retryAfterMs(new Headers({ 'Retry-After': text }))).toBe(undefined)
  },
)

test('a pause ends at once when its signal fires, and leaves no listener or timer', async () => {
  const abort = new AbortController()
  const paused = pause(systemClock, 1_000_000, abort.signal)
  abort.abort()
  await paused
  await pause(systemClock, 1_000_000, abort.signal)
})

test('a timer of endless length is none', () => {
  const cancel = systemClock.after(Infinity, () => expect.fail('it fired'), 'limit')
  cancel()
})

test('times are told in seconds', () => {
  expect([0, 40, 1_549, 3_600_000, -5].map(seconds)).toEqual([
    '0 s',
    '0.04 s',
    '1.5 s',
    '3600 s',
    '0 s',
  ])
})
