import { expect, test } from 'vitest'
import { parsePrefer } from './prefer.ts'

test.each([
  ['wait=1', 1],
  ['wait=50', 50],
  ['wait=51', 50],
  ['wait=60', 50],
  ['wait=999999', 50],
  ['respond-async, WAIT = "30"; x=1', 30],
])('%s is held %i s at most, which is less than proxies wait', (header, seconds) => {
  expect(parsePrefer(header).waitSeconds).toBe(seconds)
})

test.each(['wait=0', 'wait=-1', 'wait=', 'wait=1e9', 'wait', '', undefined])(
  '%s is held not at all',
  (header) => {
    expect(parsePrefer(header).waitSeconds).toBeUndefined()
  },
)
