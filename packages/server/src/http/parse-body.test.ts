import { expect, test } from 'vitest'
import { BodyShape } from './body-shape.ts'
import { parseBody } from './parse-body.ts'

async function parse(body: string | Uint8Array) {
  const bytes = Buffer.from(body)
  const shape = new BodyShape()
  shape.add(bytes)
  shape.end()
  const { value, longTexts } = await parseBody({ bytes, longTexts: shape.longTexts })
  const texts = [...longTexts].map(([param, text]) => [param, Buffer.from(text).toString()])
  return { value, texts: Object.fromEntries(texts) as Record<string, string> }
}

const long = (text: string) => text.repeat(Math.ceil(70_000 / Buffer.byteLength(text)))

test('a body without long texts is parsed as any JSON', async () => {
  const value = {
    model: 'a',
    prompt: 'a "fox" \\ 🦊',
    images: [{ url: 'data:,' }],
    seed: 1.5,
    x: null,
  }
  expect(await parse(JSON.stringify(value, null, 2))).toEqual({ value, texts: {} })
  expect(await parse(`\u{feff}{"a":1}`)).toEqual({ value: { a: 1 }, texts: {} })
})

test('a long text is kept as bytes under its parameter, and the value has its beginning', async () => {
  const url = `data:image/png;base64,${long('AbC/')}`
  const body = { prompt: 'a fox', images: [{ url: 'https://example.com/' }, { url }] }
  const { value, texts } = await parse(JSON.stringify(body))
  expect(texts).toEqual({ 'images[1].url': url })
  expect(value).toEqual({
    prompt: 'a fox',
    images: [{ url: 'https://example.com/' }, { url: url.slice(0, 65_536) }],
  })
})

test.each(['a', '"', '/', 'é', '🦊', '\\', '\u0001', '"🦊\n\u2028'])(
  'a long text of %j is unescaped as JSON has it, whatever its length',
  async (letter) => {
    // Around the bounds of a slice, so that each of them falls within an escape once.
    for (const shift of [0, 1, 5]) {
      const text = `${'x'.repeat(shift)}${letter.repeat(250_000)}`
      const inUnicode = text.replaceAll(/[^x]/gu, (one) =>
        one.length === 1
          ? `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`
          : JSON.stringify(one).slice(1, -1),
      )
      for (const escaped of [JSON.stringify(text), `"${inUnicode}"`]) {
        const { texts } = await parse(`{"a":${escaped}}`)
        expect(texts['a'] === text).toBe(true)
      }
    }
  },
)

test('a text that is only long with its escapes is an ordinary one', async () => {
  const prompt = '🦊'.repeat(6000)
  const escaped = prompt.replaceAll('🦊', '\\ud83e\\udd8a')
  expect(await parse(`{"prompt":"${escaped}"}`)).toEqual({ value: { prompt }, texts: {} })
})

test('a long key is shortened, and no key can reach a prototype', async () => {
  const key = long('k')
  const { value, texts } = await parse(`{"${key}":1,"__proto__":{"a":"${long('p')}"}}`)
  expect(Object.keys(value)).toEqual([key.slice(0, 65_536), '__proto__'])
  expect(Object.keys(texts)).toEqual(['__proto__.a'])
  expect(Object.getPrototypeOf(value)).toBe(Object.prototype)
})

const broken: [string, string | Uint8Array, string][] = [
  ['nothing', '', 'no body'],
  ['bytes that are no UTF-8', Buffer.from([0x7b, 0xff, 0x7d]), 'not valid UTF-8'],
  ['no JSON', '{"a":1,}', 'at character 8'],
  ['an array', '[1]', 'must be a JSON object'],
  ['a long text with a line break', `{"a":"${long('x')}\n"}`, 'a long text is malformed'],
  ['a long text with an unknown escape', `{"a":"${long('x')}\\x41"}`, 'a long text is malformed'],
  ['a long text with half an escape', `{"a":"${long('x')}\\u00"}`, 'a long text is malformed'],
]
test.each(broken)('%s is refused, and nothing of it is repeated', async (_what, body, says) => {
  await expect(parse(body)).rejects.toThrow(says)
  await expect(parse('{"secret":"sk_live_1" x}')).rejects.not.toThrow('sk_live')
})
