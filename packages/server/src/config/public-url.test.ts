import { expect, test } from 'vitest'
import { publicPath } from '../contract/public-path.ts'
import { parsePublicUrl } from './public-url.ts'

test.each([
  ['https://films.example', 'https://films.example', ''],
  ['https://Films.Example:443/', 'https://films.example', ''],
  ['http://10.0.0.7:8080', 'http://10.0.0.7:8080', ''],
  ['http://[::1]:4700/', 'http://[::1]:4700', ''],
  ['https://films.example/filmgate', 'https://films.example/filmgate', '/filmgate'],
  ['https://films.example/a/b//', 'https://films.example/a/b', '/a/b'],
])('%s is understood', (text, address, path) => {
  expect(parsePublicUrl(text, 'it')).toBe(address)
  expect(publicPath(address)).toBe(path)
})

test.each([
  ['', /is empty/],
  ['  ', /is empty/],
  ['films.example', /http or https address.*not films\.example\./],
  ['ftp://films.example', /http or https/],
  ['https://', /http or https/],
  ['https://films.example?a=1', /query or fragment.*Remove it: https:\/\/films\.example$/],
  ['https://films.example/x?', /query or fragment/],
  ['https://films.example/#top', /query or fragment/],
  ['http://0.0.0.0:4700', /nobody can connect/],
  ['http://0:4700', /nobody can connect/],
  ['http://[::]:4700', /nobody can connect/],
  ['https://films.example/v2', /must not begin its path with \/v2.*: https:\/\/films\.example$/],
  ['https://films.example/docs/films', /must not begin its path with \/docs/],
])('%j is refused in one sentence that names the setting and the remedy', (text, sentence) => {
  const refusal = refusalOf(text)
  expect(refusal).toMatch(sentence)
  expect(refusal).toMatch(/^FILMGATE_PUBLIC_URL /)
})

test.each([
  'https://anna:secret@films.example',
  'https://secret@films.example',
  'anna:secret@films',
])('credentials in %s are refused and not repeated', (text) => {
  expect(refusalOf(text)).not.toContain('secret')
})

function refusalOf(text: string): string {
  try {
    return `accepted as ${parsePublicUrl(text, 'FILMGATE_PUBLIC_URL')}`
  } catch (error) {
    return String(error instanceof Error ? error.message : error)
  }
}
