import { expect, test } from 'vitest'
import { BodyShape, longTextBytes } from './body-shape.ts'

/** What is said of a body that arrives in pieces of this size; `fine`, and where its long texts are. */
function judge(body: string, pieceBytes = Infinity): unknown {
  const bytes = Buffer.from(body)
  const shape = new BodyShape()
  try {
    for (let at = 0; at < bytes.length; at += pieceBytes) {
      shape.add(bytes.subarray(at, Math.min(bytes.length, at + pieceBytes)))
    }
    shape.end()
    return ['fine', shape.longTexts]
  } catch (error) {
    return error
  }
}

const repeat = (text: string, count: number) => Array<string>(count).fill(text).join(',')

test('a body with as much in it as any valid request has is fine', () => {
  const images = repeat('{"url":"https://example.com/a.png","role":"reference_image"}', 8)
  expect(judge(`{"prompt":"a \\"fox\\"","images":[${images}]}`)).toEqual(['fine', []])
})

const absurd: [string, string, string][] = [
  ['values', `{"images":[${repeat('0', 2100)}]}`, 'more than 2000 values'],
  ['empty lists', `[${repeat('[]', 1100)}]`, 'more than 2000 values'],
  ['keys', `{${repeat('"a":{}', 1100)}}`, 'more than 2000 values'],
  ['levels', '['.repeat(33), 'deeper than 32 levels'],
  ['blanks', ' '.repeat(1_100_000), 'larger than 1 MiB even without'],
  ['digits', '9'.repeat(1_100_000), 'larger than 1 MiB even without'],
  [
    'middling texts',
    `[${repeat(`"${'x'.repeat(60_000)}"`, 20)}]`,
    'larger than 1 MiB even without',
  ],
  ['long texts', `[${repeat(`"${'x'.repeat(70_000)}"`, 17)}]`, 'more than 16 texts'],
]
test.each(absurd)('too many %s are refused, wherever the packets are cut', (_what, body, says) => {
  const failure = { code: 'invalid_parameter', reason: 'body_too_complex' }
  for (const pieceBytes of [1, 7, 65_536, Infinity]) {
    const verdict = judge(body, pieceBytes)
    expect(verdict).toMatchObject(failure)
    expect(String(verdict)).toContain(says)
  }
})

test('structure inside a text counts for nothing', () => {
  const text = '{[,'.repeat(10_000).concat('\\"[[[')
  expect(judge(`{"prompt":"${text}"}`)).toEqual(['fine', []])
})

test('long texts are found where they are, wherever the packets are cut', () => {
  const [plain, escaped] = ['é'.repeat(longTextBytes), '\\"'.repeat(longTextBytes)]
  const body = Buffer.from(`{"a":"${plain}","b":"short","c":"${escaped}"}`)
  for (const pieceBytes of [1, 3, 65_536, Infinity]) {
    const [verdict, places] = judge(body.toString(), pieceBytes) as [
      'fine',
      { start: number; end: number }[],
    ]
    expect(verdict).toBe('fine')
    expect(places.map(({ start, end }) => body.toString('utf8', start, end))).toEqual([
      plain,
      escaped,
    ])
  }
})

test('a body that ends within a text is told so', () => {
  expect(judge('{"prompt":"a f')).toMatchObject({ reason: 'body_not_json' })
  expect(judge('{"prompt":"a fox\\"}')).toMatchObject({ reason: 'body_not_json' })
})
