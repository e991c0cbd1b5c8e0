import { afterEach, expect, test, vi } from 'vitest'
import { toSettings } from './options.ts'

afterEach(() => vi.unstubAllEnvs())

test('key and address come from the options, then from the environment', () => {
  vi.stubEnv('FILMGATE_API_KEY', ' sk_live_env\n')
  vi.stubEnv('FILMGATE_BASE_URL', 'https://films.example/')
  expect(toSettings({}).baseURL).toBe('https://films.example')
  expect(toSettings({}).apiKey()).toBe('sk_live_env')
  const own = toSettings({ apiKey: 'sk_live_own', baseURL: 'http://127.0.0.1:1' })
  expect([own.baseURL, own.apiKey()]).toEqual(['http://127.0.0.1:1', 'sk_live_own'])
})

test.each([
  ['https://films.example', 'https://films.example'],
  ['https://films.example/v2/', 'https://films.example'],
  ['https://example.com/films//', 'https://example.com/films'],
])('the address %s is understood', (baseURL, understood) => {
  expect(toSettings({ apiKey: 'k', baseURL }).baseURL).toBe(understood)
})

test('a missing key is told at once', () => {
  vi.stubEnv('FILMGATE_API_KEY', '')
  expect(() => toSettings({})).toThrow('pass apiKey, or set FILMGATE_API_KEY')
})

test('null sends no key, for a proxy that adds it', () => {
  expect(toSettings({ apiKey: null }).apiKey()).toBeUndefined()
})

test('a key with characters that no header can carry is refused without quoting it', () => {
  expect(() => toSettings({ apiKey: 'sk_live_a\nb' })).toThrow(/^The API key holds characters/)
})

test.each(['films.example', 'ftp://films.example', ''])('the address %j is refused', (baseURL) => {
  expect(() => toSettings({ apiKey: 'k', baseURL })).toThrow(TypeError)
})

test('the fetch given is used, as a plain function', async () => {
  const fetch = vi.fn(async function (this: unknown) {
    expect(this).toBeUndefined()
    return new Response()
  })
  await toSettings({ apiKey: 'k', fetch }).fetch('http://127.0.0.1/')
  expect(fetch).toHaveBeenCalledOnce()
})
