import { expect, test } from 'vitest'
import { Secrets } from './secrets.ts'

const key = 'sk_live_0123456789'

function secretsOf(given: Record<string, string> = {}): Secrets {
  return new Secrets(new Headers({ Authorization: `Bearer ${key}` }), new Headers(given))
}

test('where one secret begins another, none of the longer one is left', () => {
  const secrets = secretsOf({ 'X-One': key.slice(0, 10), 'X-Two': `${key}-and-more` })
  expect(secrets.beginningOf(`${key}-and-more ${key}`, 99)).toBe('… …')
})

test('what was taken out at the beginning makes no room for half a secret at the end', () => {
  for (let length = key.length; length < 3 * key.length; length++) {
    const text = `${key}${'x'.repeat(length - key.length)}${key} and more`
    for (let cut = 1; cut < text.length; cut++) {
      expect(secretsOf().beginningOf(text, cut)).not.toMatch(/s?k_l|_live|01234|6789/)
    }
  }
})

test('a text that is short enough is told whole', () => {
  expect(secretsOf().beginningOf(`a ${key} z`, 99)).toBe('a … z')
})

test('what is shorter than any key is not taken out: it occurs everywhere', () => {
  expect(secretsOf({ 'X-Short': 'a' }).beginningOf('banana', 99)).toBe('banana')
})
