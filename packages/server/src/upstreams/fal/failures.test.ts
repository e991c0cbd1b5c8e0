import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { classify, rows } from './failures.ts'

const folder = new URL('./fixtures/', import.meta.url)

interface Fixture {
  status: number
  headers?: Record<string, string>
  body: unknown
  expect: { kind: string; billed: string; field?: string }
}

/** `row.json`, or `row.variant.json`. */
const fixtures = readdirSync(folder).map((file) => {
  const fixture = JSON.parse(readFileSync(new URL(file, folder), 'utf8')) as Fixture
  return { file, row: file.split('.')[0], fixture }
})

const fields = {
  prompt: 'prompt',
  seed: 'seed',
  duration: 'duration',
  aspect_ratio: 'aspectRatio',
  image_url: ['images[0]'],
  image_urls: ['images[0]', 'images[2]'],
}

test.each(fixtures)('$file is what its row says', ({ row, fixture }) => {
  const { status, headers = {}, body } = fixture
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  const { words, ...verdict } = classify({ status, headers, text }, fields)
  expect(verdict).toEqual({ row, ...fixture.expect })
  expect(words).toContain(`fal answered ${status}`)
  expect(words).not.toContain('somebody wrote')
})

test('every row has a fixture', () => {
  const seen = new Set(fixtures.map(({ row }) => row))
  expect(rows.map(({ name }) => name).filter((name) => !seen.has(name))).toEqual([])
})

test('what the queue said of the run counts where the answer itself says nothing', () => {
  const said = { type: 'content_policy_violation', words: 'The request failed.' }
  expect(classify({ status: 500, headers: {}, text: '<html>', said })).toMatchObject({
    row: 'content-policy',
    words: 'fal answered 500 content_policy_violation: The request failed.',
  })
})

const nonsense: unknown[] = [
  null,
  5,
  'text',
  [],
  [[]],
  { detail: { loc: 'x' } },
  { detail: [null, 3, { loc: [{}, null], msg: {}, type: [] }] },
  { detail: [{ loc: ['__proto__', 'constructor'], msg: 'x', type: 'one_of' }] },
  { error_type: 7, error: [] },
]

test.each(nonsense.map((body) => JSON.stringify(body)))(
  'a refusal that says %s is one all the same',
  (text) => {
    expect(
      classify({ status: 422, headers: { 'x-fal-error-type': ['a', 'b'] }, text }, fields),
    ).toMatchObject({
      kind: 'bad_input',
    })
    expect(classify({ status: 422, headers: {}, text }, fields).field).toBeUndefined()
  },
)
