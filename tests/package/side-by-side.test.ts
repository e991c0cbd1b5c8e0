import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { startBench, type Bench } from './support/side-by-side/bench.ts'
import { libraries, type Library, type Task } from './support/side-by-side/blocks.ts'
import {
  falError,
  falFlags,
  falIsEmpty,
  onCreating,
  onReading,
  onResult,
  openaiError,
  unavailable,
  type Befall,
} from './support/side-by-side/misfortunes.ts'

// Films are drawn on the same few cores that everything else runs on.
vi.setConfig({ testTimeout: 180_000 })

let bench: Bench
beforeAll(async () => {
  bench = await startBench()
}, 300_000)
afterAll(() => bench?.stop())

test('every block of the comparison compiles with the packages themselves', () => {
  expect(bench.complaints).toEqual([expect.stringMatching(/^wrong\.ts\(1,14\): error TS2322/)])
})

interface Run {
  library: Library
  task: Task
  /** The file that it saves. */
  saves?: string
  /** The last line that it prints. */
  last?: RegExp
}

const runs = libraries.flatMap((library): Run[] => [
  { library, task: 'image', saves: library === 'openai' ? 'fox.png' : 'fox.jpg' },
  { library, task: 'film', saves: 'fox.mp4', last: /^completed/i },
  { library, task: 'reference', last: library === 'openai' ? /^\d+$/ : /^http:/ },
])

test.for(runs)('the $task of $library runs to its end', async (row, { skip }) => {
  const { library, task, saves, last } = row
  skip(library !== 'filmgate' && bench.missing !== undefined, bench.missing)
  const ended = await bench.measure(library, task, undefined, { clockSpeed: 1 })
  expect(ended.error, ended.shown).toBeUndefined()
  expect(ended.studio.creations()).toHaveLength(1)
  if (saves) expect((await stat(join(ended.cwd, saves))).size).toBeGreaterThan(5)
  if (last) expect(ended.lines.at(-1)).toMatch(last)
  if (task === 'film') expect(ended.lines[0]).toMatch(/^accepted (gen_\w+|video_1|fal_1)$/)
})

interface Answered {
  library: Library
  task: Task
  name: string
  befall: Befall
  say: RegExp
  again: RegExp
}

const wait = { 'retry-after': '7' }
const policy = { name: 'a refusal', say: /word it differently/, again: /^no$/ }
const credit = { name: 'an empty account', say: /credit is used up/, again: /^no$/ }
const limit = { name: 'a rate limit', again: /^yes$/ }
const lost = { name: 'a lost connection', befall: onCreating('reset'), say: /lost the connection/ }
const unseen = { name: 'reads that fail', befall: onReading(unavailable), say: /longer than usual/ }
const rows: Record<Library, Omit<Answered, 'library'>[]> = {
  filmgate: [
    { task: 'image', ...policy, befall: onCreating('[[content_policy_violation]]') },
    { task: 'film', ...policy, befall: onCreating('[[content_policy_violation]]') },
    { task: 'image', ...credit, befall: onCreating('[[quota_exceeded]]') },
    { task: 'image', ...limit, befall: onCreating('[[rate_limit retry_after=50]]'), say: /50 s/ },
    { task: 'image', ...lost, again: /^yes, with key \w{32}$/ },
    { task: 'film', ...unseen, again: /^no, wait for gen_\w+$/ },
  ],
  openai: [
    { task: 'image', ...policy, befall: onCreating(openaiError(400, 'moderation_blocked')) },
    { task: 'image', ...credit, befall: onCreating(openaiError(429, 'insufficient_quota')) },
    { task: 'image', ...limit, befall: onCreating(openaiError(429, 'rate', wait)), say: /7 s/ },
    { task: 'image', ...lost, again: /^perhaps$/ },
    { task: 'film', ...unseen, again: /^no, retrieve video_1$/ },
  ],
  fal: [
    { task: 'image', ...policy, befall: onResult(falFlags) },
    { task: 'film', ...policy, befall: onResult(falFlags) },
    { task: 'image', ...credit, befall: onCreating(falIsEmpty) },
    { task: 'image', ...limit, befall: onCreating(falError(429, 'Too many', wait)), say: /minute/ },
    { task: 'image', ...lost, again: /^perhaps$/ },
    { task: 'film', ...unseen, again: /^no, ask for fal_1$/ },
  ],
}
const answered = libraries.flatMap((library) =>
  rows[library].map((row): Answered => ({ library, ...row })),
)

test.for(answered)(
  'the switch of $library has an answer to $name of its $task',
  async ({ library, task, befall, say, again }, { skip }) => {
    skip(library !== 'filmgate' && bench.missing !== undefined, bench.missing)
    const { advice, shown } = await bench.measure(library, task, befall)
    expect(advice, shown).toEqual([expect.stringMatching(say), expect.stringMatching(again)])
  },
)
