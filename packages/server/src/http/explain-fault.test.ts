import type { TObject } from 'typebox'
import { Compile } from 'typebox/schema'
import { expect, test } from 'vitest'
import { operationRows } from '../contract/operations.ts'
import { CreateImageRequest } from '../contract/images.ts'
import { CreateVideoRequest } from '../contract/videos.ts'
import { explainFault } from './explain-fault.ts'

const schemas = operationRows.flatMap(({ body, query, params }) =>
  [body, query, params].filter((schema): schema is TObject => schema !== undefined),
)

/** Uniform in [0, 1), the same for the same seed. */
function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648
    return state / 2_147_483_648
  }
}

const odd = [
  null,
  true,
  false,
  0,
  1,
  -1,
  1.5,
  601,
  2 ** 53,
  1e300,
  Infinity,
  NaN,
  '',
  'a',
  'png',
  'first_frame',
  'https://example.com/a.png',
  '🦊'.repeat(4096),
  '🦊'.repeat(4097),
  'x'.repeat(129),
  `gen_${'0'.repeat(32)}`,
  `gen_${'0'.repeat(31)}`,
  '\ud83e',
  [],
  {},
  [[]],
  [{}],
  [null],
  Array(9).fill({ url: 'https://example.com/a.png', role: 'first_frame' }),
  [{ url: 'https://example.com/a.png', role: 'first_frame' }],
  [{ url: 'https://example.com/a.png' }],
  [{ url: '', role: 'villain', weight: 1 }],
  { url: 'a' },
]
const names = [
  ...new Set(schemas.flatMap((schema) => Object.keys(schema.properties))),
  'n',
  '__proto__',
  'constructor',
  '',
]

const validValues = [
  { model: 'a', prompt: 'b', seed: 1, images: [{ url: 'data:,', role: 'first_frame' }] },
  { limit: 5, type: 'image' },
  { start: '2026-01-01T00:00:00Z', end: '2026-01-02T00:00:00Z' },
  { id: `gen_${'0'.repeat(32)}`, index: '0', code: 'a' },
]

/** A valid value, an odd one, or a valid one with some fields odd. */
function anyValue(random: () => number): unknown {
  const one = <Item>(items: readonly Item[]) => items[Math.floor(random() * items.length)]
  if (random() < 0.05) return one(odd)
  const valid = one(validValues) ?? {}
  const changes = Array.from({ length: Math.floor(random() * 3) }, () => [one(names), one(odd)])
  const entries = [...Object.entries(valid), ...changes]
  return Object.fromEntries(entries.filter(() => random() < 0.95))
}

test('a fault is found exactly where the validator finds one, in 20,000 values', () => {
  const seed = Number(process.env['FILMGATE_TEST_SEED'] ?? Date.now() % 1_000_000)
  const random = seeded(seed)
  const validators = schemas.map((schema) => ({ schema, validator: Compile(schema) }))
  const tally = { right: 0, wrong: 0 }
  for (let round = 0; round < 20_000; round += 1) {
    const value = anyValue(random)
    const { schema, validator } = validators[round % validators.length] ?? {
      schema: {},
      validator: Compile({}),
    }
    const isRight = validator.Check(value)
    const isFine = explainFault(schema, value) === undefined
    if (isFine !== isRight) expect.fail(`seed ${seed}: ${isFine} for ${JSON.stringify(value)}`)
    tally[isRight ? 'right' : 'wrong'] += 1
  }
  expect(Math.min(tally.right, tally.wrong)).toBeGreaterThan(1000)
})

const fox = { model: 'sandbox-image', prompt: 'a fox' }
const url = 'https://example.com/a.png'
const faults: [string, TObject, unknown, string | null, string][] = [
  [
    'what is missing comes first',
    CreateImageRequest,
    { n: 1, seed: 'x', prompt: 5 },
    'model',
    'The parameter `model` is required.',
  ],
  [
    'then what is unknown',
    CreateImageRequest,
    { ...fox, seed: 'x', n: 1 },
    'n',
    'There is no parameter `n` here. Remove it, or use one of model, prompt, aspect_ratio, resolution, seed, dry_run, images, output_format.',
  ],
  [
    'eight unknown ones are told by the first',
    CreateImageRequest,
    { ...fox, n: 1, a: 1, b: 1, c: 1, d: 1, e: 1, f: 1, g: 1 },
    'n',
    'There is no parameter `n` here.',
  ],
  [
    'within an image',
    CreateImageRequest,
    { ...fox, images: [{ url }, { url, weight: 1 }] },
    'images[1].weight',
    'There is no parameter `images[1].weight` here. Remove it, or use one of url, role.',
  ],
  [
    'what an image lacks',
    CreateVideoRequest,
    { ...fox, images: [{ url, role: 'first_frame' }, { url }] },
    'images[1].role',
    'The parameter `images[1].role` is required.',
  ],
  [
    'a fraction',
    CreateImageRequest,
    { ...fox, seed: 1.5 },
    'seed',
    '`seed` must be a whole number, not 1.5.',
  ],
  [
    'a negative number',
    CreateImageRequest,
    { ...fox, seed: -1 },
    'seed',
    '`seed` must be at least 0, not -1.',
  ],
  [
    'a text for a number',
    CreateImageRequest,
    { ...fox, seed: '5' },
    'seed',
    '`seed` must be a whole number, not the string `5`.',
  ],
  [
    'a number for a text',
    CreateImageRequest,
    { ...fox, prompt: 5 },
    'prompt',
    '`prompt` must be a string, not the number 5.',
  ],
  [
    'null',
    CreateImageRequest,
    { ...fox, prompt: null },
    'prompt',
    '`prompt` must be a string, not null.',
  ],
  [
    'a list for a switch',
    CreateImageRequest,
    { ...fox, dry_run: [] },
    'dry_run',
    '`dry_run` must be true or false, not an array.',
  ],
  [
    'an empty text',
    CreateImageRequest,
    { ...fox, model: '' },
    'model',
    '`model` must not be empty.',
  ],
  [
    'a long text',
    CreateImageRequest,
    { ...fox, prompt: 'x'.repeat(5000) },
    'prompt',
    '`prompt` must have at most 4096 characters.',
  ],
  [
    'a value of no list',
    CreateImageRequest,
    { ...fox, output_format: 'gif' },
    'output_format',
    '`output_format` must be one of jpeg, png, webp, not the string `gif`.',
  ],
  [
    'nine images',
    CreateImageRequest,
    { ...fox, images: Array(9).fill({ url }) },
    'images',
    '`images` must have at most 8 items, not 9.',
  ],
  [
    'an emoji at the cut',
    CreateImageRequest,
    { ...fox, output_format: '🦊'.repeat(60) },
    'output_format',
    `not the string \`${'🦊'.repeat(40)}…\`.`,
  ],
  [
    'half a character in a name',
    CreateImageRequest,
    { ...fox, 'a\udc00': 1 },
    'a\ufffd',
    'There is no parameter `a\ufffd` here.',
  ],
]
test.each(faults)('%s', (_what, schema, value, param, message) => {
  const failure = explainFault(schema, value)
  expect(failure?.message).toContain(message)
  expect(failure?.param).toBe(param)
})

test('a list of a million wrong items costs no more than one of eight', () => {
  const images = Array(1_000_000).fill({ url: 5 })
  expect(explainFault(CreateImageRequest, { ...fox, images })?.message).toContain('at most 8 items')
})
