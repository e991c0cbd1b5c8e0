import { beforeEach, expect, test } from 'vitest'
import { createProgress } from './progress.ts'

let now: number
let written: string[]
beforeEach(() => {
  now = 0
  written = []
})

const open = (isTTY = true) =>
  createProgress('reading', { isTTY, write: (text: string) => written.push(text) }, () => now)

/** What is written, at which time, as a person sees it. */
function at(instant: number, work: () => void): string | undefined {
  now = instant
  const before = written.length
  work()
  return written.slice(before).join('').replace('\r\x1b[K', '<')
}

test('work that is over in a moment shows nothing', () => {
  const progress = open()
  expect(at(499, () => progress.update(9, 10))).toBe('')
  expect(at(499, () => progress.end())).toBe('')
})

test('longer work shows how much is done and how long the rest will take, on one line', () => {
  const progress = open()
  expect(at(10_000, () => progress.update(1, 4))).toBe(
    '<reading [######..................]  25 %, about 0:30 left',
  )
  expect(at(100_000, () => progress.update(2, 4))).toBe(
    '<reading [############............]  50 %, about 1:40 left',
  )
  expect(at(200_000, () => progress.update(4, 4))).toBe(
    '<reading [########################] 100 %, about 0:00 left',
  )
  expect(at(200_000, () => progress.end())).toBe('<')
})

test('no guess is made from less than a hundredth, and nothing at all is all of it', () => {
  const progress = open()
  expect(at(1000, () => progress.update(1, 1000))).toBe('<reading [........................]   0 %')
  expect(at(2000, () => progress.update(0, 0))).toContain('100 %')
})

test('the line is drawn ten times a second, however often it is told', () => {
  const progress = open()
  for (now = 500; now < 1500; now += 1) progress.update(now, 1500)
  expect(written).toHaveLength(10)
})

test('where the stream is no terminal, nothing is written', () => {
  const progress = open(false)
  expect(at(60_000, () => progress.update(1, 2))).toBe('')
  expect(at(60_000, () => progress.end())).toBe('')
})
