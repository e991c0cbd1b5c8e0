import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import type { UpstreamFailure } from '../upstream.ts'
import { classify, rowOf, rows, type FailedAnswer, type FailureContext } from './failures.ts'

/** A recorded answer, and what is to be made of it where somebody bills. */
interface Fixture extends Omit<FailedAnswer, 'body' | 'headers'> {
  row: keyof typeof rows
  headers?: FailedAnswer['headers']
  body: string | object
  expect: Partial<UpstreamFailure>
}

const folder = new URL('fixtures/', import.meta.url)
const fixtures = readdirSync(folder).map((file): [string, Fixture] => [
  file.replace('.json', ''),
  // Written to this shape; the tests would tell.
  JSON.parse(readFileSync(new URL(file, folder), 'utf8')) as Fixture,
])

const context: FailureContext = {
  hidden: { secret: 'sk-secret', prompt: 'A fox in the snow' },
  mayBill: true,
  origins: new Map([
    ['prompt', 'prompt'],
    ['image', 'images'],
    ['image[0]', 'images[0]'],
    ['image[1]', 'images[1]'],
  ]),
  now: Date.UTC(2026, 10, 24),
}

function answerOf({ status, headers = {}, body }: Fixture): FailedAnswer {
  return { status, headers, body: typeof body === 'string' ? body : JSON.stringify(body) }
}

test.each(fixtures)('%s is understood', (_, fixture) => {
  const answer = answerOf(fixture)
  expect(rowOf(answer)).toBe(fixture.row)
  const failure = classify(answer, context)
  const { field, retryAfterMs } = fixture.expect
  expect(failure).toMatchObject({ httpStatus: fixture.status, ...fixture.expect })
  expect([failure.field, failure.retryAfterMs]).toEqual([field, retryAfterMs])
})

test.each(fixtures)('%s costs nothing where nobody bills', (_, fixture) => {
  expect(classify(answerOf(fixture), { ...context, mayBill: false }).billed).toBe('no')
})

test('every row has a fixture', () => {
  const seen = new Set(fixtures.map(([, { row }]) => row))
  expect(Object.keys(rows).filter((row) => !seen.has(row as keyof typeof rows))).toEqual([])
})

test('a status counts, whatever the body', () => {
  const bodies = [
    '',
    '{',
    '[]',
    'null',
    '"x"',
    '{"error": null}',
    '{"error": [1]}',
    '{"detail": 3}',
    '{"detail": [null, {"loc": 3}]}',
    '\u0000'.repeat(9),
    '['.repeat(50_000),
    `{"error": {"message": "${'x'.repeat(200_000)}`,
  ]
  const kinds = {
    400: 'bad_input',
    401: 'credential',
    404: 'model_gone',
    429: 'throttled',
    500: 'transient',
  }
  for (const [status, kind] of Object.entries(kinds)) {
    for (const body of bodies) {
      const failure = classify({ status: Number(status), headers: {}, body }, context)
      expect([status, failure.kind]).toEqual([status, kind])
      expect(failure.note.length).toBeLessThanOrEqual(301)
    }
  }
})

test('a wait that makes no sense is none', () => {
  for (const wait of [
    '-1',
    '0',
    '1e9',
    '999999999',
    'soon',
    '2026-11-24',
    'Mon, 23 Nov 2026 00:00:00 GMT',
    '',
  ]) {
    const failure = classify({ status: 429, headers: { 'retry-after': wait }, body: '' }, context)
    expect([wait, failure.retryAfterMs]).toEqual([wait, undefined])
  }
})

test('a note holds neither the key nor the prompt', () => {
  const message = 'Key sk-secret may not draw "A fox in the snow" at https://x.example/y?sig=abc'
  const body = JSON.stringify({
    error: { message, type: 'A fox in the snow', code: 'sk-secret', param: 'x' },
  })
  expect(classify({ status: 400, headers: {}, body }, context).note).toBe(
    'HTTP 400 [key] x: Key [key] may not draw "[prompt]" at https://x.example/y',
  )
})
