import { expect, test } from 'vitest'
import { Failure } from '../../packages/server/src/contract/failure.ts'
import { checkPrompt } from '../../packages/server/src/safety/prompt-rules/check-prompt.ts'
import design from '../../packages/server/src/safety/prompt-rules/fixtures/design.json' with { type: 'json' }
import { promptCategories } from '../../packages/server/src/safety/prompt-rules/rules.ts'
import { createReferenceImages } from '../../packages/server/src/safety/reference-images/reference-images.ts'
import { anyone } from './support/asker.ts'
import { blankPng, gradient } from './support/made-pictures.ts'
import { createRandom, type Random } from './support/random.ts'

// FUZZ=100000 is the long form. Two thirds of the rounds go to prompts and addresses, which are
// quick, the rest to pictures.
const rounds = Number(process.env['FUZZ'] ?? 3000)
const seed = Number(process.env['FUZZ_SEED'] ?? 20261122)
const longRun = Math.max(60_000, rounds * 20)

const odd = [
  '\0',
  '\ud800',
  '\udfff',
  '\u202e',
  '\u200b',
  '\ufdfa',
  '\u0301',
  '\u{1f1e9}',
  '\u{e0041}',
  'ａ',
  'а',
  '𝓃',
  'ß',
  'ﬁ',
  'ÿ',
  '٣',
  '한',
  'が',
  '\n',
  '.',
  '-',
  '*',
  '|',
  '1',
  '@',
  ' ',
  '  ',
  '\u{10ffff}',
  'İ',
  'ŉ',
]

/** Some cuts, repeats, swaps and odd characters, at random places. */
function mutateText(text: string, random: Random): string {
  let mutated = text
  for (let edits = 1 + random.below(8); edits > 0; edits--) {
    const at = random.below(mutated.length + 1)
    const kind = random.below(5)
    const rest = mutated.slice(at)
    if (kind === 0) mutated = mutated.slice(0, at) + random.pick(odd) + rest
    else if (kind === 1) mutated = mutated.slice(0, at) + rest.slice(1 + random.below(4))
    else if (kind === 2) mutated = mutated.slice(0, at) + mutated.slice(0, random.below(40)) + rest
    else if (kind === 3) mutated = [...mutated].join(random.pick(odd)).slice(0, 4096)
    else mutated = mutated.slice(0, at) + String.fromCodePoint(random.below(0x10ffff)) + rest
  }
  return mutated.slice(0, 32_768)
}

/** Flips, fills, cuts, doubles and moves bytes; sometimes splices two files. */
function mutateBytes(source: Buffer, other: Buffer, random: Random): Buffer {
  let bytes = Buffer.from(source)
  for (let edits = 1 + random.below(6); edits > 0; edits--) {
    const at = random.below(bytes.length)
    // Headers are where decoders go wrong, so half of the damage happens there.
    const early = random.below(2) === 0 ? random.below(Math.min(80, bytes.length)) : at
    const kind = random.below(6)
    if (kind === 0) bytes[early] = random.below(256)
    else if (kind === 1) bytes[early] = random.pick([0, 1, 0x7f, 0x80, 0xff])
    else if (kind === 2) bytes.subarray(early, early + random.below(64)).fill(random.below(256))
    else if (kind === 3) bytes = bytes.subarray(0, Math.max(1, at))
    else if (kind === 4)
      bytes = Buffer.concat([bytes.subarray(0, at), other.subarray(random.below(other.length))])
    else bytes.copy(bytes, early, at, at + random.below(200))
  }
  return bytes
}

/** What JavaScript holds, buffers included: the figure in which a leak of ours would show. */
function heldMegabytes(): number {
  const { heapUsed, external } = process.memoryUsage()
  return (heapUsed + external) / 1024 / 1024
}

/** The whole process: goes up and down with the allocator, and has to level out. */
function residentMegabytes(): number {
  return process.memoryUsage.rss() / 1024 / 1024
}

test('mutated prompts are judged in time and never crash', { timeout: longRun }, () => {
  const random = createRandom(seed)
  const texts = design.prompts.map(({ text }) => text)
  const count = Math.floor(rounds / 3)
  let slowest = 0
  let refused = 0
  let warm = 0
  for (let round = 0; round < count; round++) {
    if (round === Math.floor(count / 4)) warm = residentMegabytes()
    const startedAt = performance.now()
    const { verdicts, refused: refusal } = checkPrompt(mutateText(random.pick(texts), random))
    slowest = Math.max(slowest, performance.now() - startedAt)
    if (refusal !== undefined) refused++
    for (const { category, score } of verdicts) {
      expect(promptCategories).toContain(category)
      expect(score >= 0 && score <= 1).toBe(true)
    }
  }
  const growth = residentMegabytes() - warm
  console.log(
    `${count} prompts: ${refused} refused, slowest ${slowest.toFixed(1)} ms, memory ${growth.toFixed(0)} MB`,
  )
  expect(slowest).toBeLessThan(1000)
  expect(growth).toBeLessThan(150)
})

test(
  'mutated addresses are refused or unreachable, never anything else',
  { timeout: longRun },
  async () => {
    const random = createRandom(seed + 1)
    // A mutated literal may be anybody's address, so none is allowed to be connected to here.
    const nowhere = {
      lookup: () => Promise.resolve(['10.0.0.1']),
      classify: () => 'never' as const,
    }
    const images = createReferenceImages({}, nowhere)
    const sources = [
      'http://example.com/a.png',
      'https://user:pw@host.example:8443/a?b#c',
      'http://[::ffff:7f00:1]:80/',
      'http://0x7f.1/',
      'data:image/png;base64,iVBORw0KGgo=',
      'file:///etc/passwd',
      'http://①②⑦.1/',
      'http://localhost/',
    ]
    const count = Math.floor(rounds / 3)
    for (let round = 0; round < count; round++) {
      const url = mutateText(random.pick(sources), random)
      const outcome: unknown = await images
        .load([{ url, role: 'first_frame' }], anyone())
        .catch((e: unknown) => e)
      if (!(outcome instanceof Failure))
        expect.fail(`no failure for ${JSON.stringify(url)}: ${String(outcome)}`)
      expect(outcome).toMatchObject({ reason: 'image_unusable', param: 'images[0].url' })
    }
    console.log(`${count} addresses`)
    await images.close()
  },
)

test(
  'mutated pictures are made afresh or refused, without a crash or memory growth',
  { timeout: longRun },
  async () => {
    const random = createRandom(seed + 2)
    const opaque = gradient(64, 48)
    const sources = [
      await opaque.clone().png().toBuffer(),
      await opaque.clone().png({ palette: true }).toBuffer(),
      await opaque.clone().jpeg().toBuffer(),
      await opaque
        .clone()
        .jpeg({ progressive: true })
        .withExif({ IFD0: { Copyright: 'x' } })
        .toBuffer(),
      await opaque.clone().webp().toBuffer(),
      await gradient(64, 48, 4).webp({ lossless: true }).toBuffer(),
      await opaque.clone().gif().toBuffer(),
      await gradient(64, 48, 4).avif({ effort: 0 }).toBuffer(),
      blankPng(64, 64),
    ]
    const images = createReferenceImages({ maxPixels: 4_000_000 })
    const count = rounds - 2 * Math.floor(rounds / 3)
    let accepted = 0
    let warm = 0
    let slowest = 0
    const held = heldMegabytes()
    for (let round = 0; round < count; round++) {
      if (round === Math.floor(count / 2)) warm = residentMegabytes()
      const bytes = mutateBytes(random.pick(sources), random.pick(sources), random)
      const url = `data:image/png;base64,${bytes.toString('base64')}`
      const startedAt = performance.now()
      const outcome: unknown = await images
        .load([{ url, role: 'first_frame' }], anyone())
        .catch((e: unknown) => e)
      slowest = Math.max(slowest, performance.now() - startedAt)
      if (Array.isArray(outcome)) accepted++
      else if (!(outcome instanceof Failure)) expect.fail(`round ${round}: ${String(outcome)}`)
    }
    const growth = residentMegabytes() - warm
    const kept = heldMegabytes() - held
    console.log(
      `${count} pictures: ${accepted} accepted, slowest ${slowest.toFixed(0)} ms, over the second half ${growth.toFixed(0)} MB resident, over all ${kept.toFixed(0)} MB held`,
    )
    expect(slowest).toBeLessThan(10_000)
    // The decoders' allocator keeps what the largest pictures needed, so this varies but levels out.
    expect(growth).toBeLessThan(300)
    expect(kept).toBeLessThan(100)
    await images.close()
  },
)
