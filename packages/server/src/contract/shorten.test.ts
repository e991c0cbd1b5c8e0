import { expect, test } from 'vitest'
import { shorten } from './shorten.ts'

test('a text is cut between characters, never within one, and says that it was cut', () => {
  expect(shorten('a fox', 5)).toBe('a fox')
  expect(shorten('a fox!', 5)).toBe('a fox…')
  for (const most of [1, 2, 3, 4]) {
    expect(shorten('🦊🦊🦊🦊🦊', most)).toBe(`${'🦊'.repeat(most)}…`)
    expect(shorten('a🦊🦊🦊🦊🦊', most)).not.toMatch(/\p{Surrogate}/u)
  }
})

test('half a character of the sender becomes the sign for one that is missing', () => {
  expect(shorten('a\ud83e', 5)).toBe('a\ufffd')
  expect(shorten(`${'a'.repeat(4)}\udd8a\udd8a`, 5)).toBe('aaaa\ufffd…')
})

test('a text of any length costs no more than what is shown of it', () => {
  const startedAt = performance.now()
  const text = 'x'.repeat(100_000_000)
  for (let round = 0; round < 1000; round += 1) expect(shorten(text, 64)).toHaveLength(65)
  expect(performance.now() - startedAt).toBeLessThan(20_000)
})
