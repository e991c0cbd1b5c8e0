import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { fail } from '../contract/failure.ts'
import { createFairShare } from '../fairness/fair-share.ts'
import type { Generation } from '../generations/generation.ts'
import { openFsStore } from '../media/fs-store.ts'
import { acceptInlineImages, findInlineImages, keepInlineImages } from '../media/inline-images.ts'
import type { MediaStore } from '../media/media-store.ts'
import type { Output } from '../media/outputs.ts'
import { listKeptReferences, openReferenceFiles } from '../media/reference-files.ts'
import { createReferenceImages } from '../safety/reference-images/reference-images.ts'
import { defaultSafetyPolicy, type SafetyPolicy } from '../safety/policy.ts'
import type { Safety } from '../safety/safety.ts'
import type { SafetyVerdict } from '../safety/verdict.ts'
import { openDatabase, openDataFolder } from '../storage/data-folder.ts'
import type { Database } from '../storage/database.ts'
import { createWorkspace } from '../workspaces/workspaces.ts'
import { checkContent, checkOutputs, tryContent, type ContentContext } from './check-content.ts'
import { findOwnPolicy, listVerdicts, setOwnPolicy } from './safety-trail.ts'

const start = Date.UTC(2026, 10, 22, 12)
const picture = await sharp({
  create: { width: 16, height: 16, channels: 3, background: 'teal' },
})
  .png()
  .toBuffer()
const dataUrl = `data:image/png;base64,${picture.toString('base64')}`
const verdict = (changes: Partial<SafetyVerdict> = {}): SafetyVerdict => ({
  stage: 'prompt',
  check: 'words',
  category: 'none',
  score: 0,
  rule: null,
  refused: false,
  at: start,
  ...changes,
})

let folder: string
let now: number
let database: Database
let store: MediaStore
let workspaceId: string
let asked: unknown[][]
let answers: Record<'prompt' | 'image' | 'output', SafetyVerdict[]>
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'filmgate-content-'))
  now = start
  asked = []
  answers = { prompt: [], image: [], output: [] }
  database = await openDatabase(openDataFolder(folder), () => now)
  store = await openFsStore(join(folder, 'media'))
  workspaceId = (await database.transaction((tx) => createWorkspace(tx, 'studio'))).id
})
afterEach(async () => {
  await database.close()
  rmSync(folder, { recursive: true })
})

/** Checks that say what a test has them say. */
const safety: Safety = {
  async checkPrompt(prompt, { tenant }, policy) {
    asked.push(['prompt', prompt, tenant, policy?.onFailure])
    return answers.prompt
  },
  async checkImages(images, { tenant }) {
    asked.push(['images', images.length, tenant])
    return answers.image
  },
  async checkOutputs(outputs, { tenant }) {
    asked.push(['outputs', outputs.map(({ mimeType }) => mimeType), tenant])
    return answers.output
  },
  looksAtOutputs: ({ checks }) => checks.includes('looker'),
  close: async () => {},
}
const open = (changes: Partial<ContentContext> = {}): ContentContext => ({
  database,
  mediaStore: store,
  safety,
  references: createReferenceImages(),
  policy: defaultSafetyPolicy,
  clock: () => now,
  canTakeFrames: async () => false,
  films: createFairShare({ total: 1 }),
  ...changes,
})
const policy = (changes: Partial<SafetyPolicy>): Partial<ContentContext> => ({
  policy: { ...defaultSafetyPolicy, ...changes },
})
const patience = () => new AbortController().signal
// Only what the checks read of it.
const generation = (images: string[] = [], changes: object = {}) =>
  ({
    id: 'gen_a',
    workspaceId,
    mode: 'live',
    input: {
      prompt: 'a fox',
      images: images.map((url) => ({ url, role: 'reference_image' })),
      duration: null,
      ...changes,
    },
  }) as unknown as Generation

/** Writes what the checks found, as the life of a generation does. */
async function record(checked: Awaited<ReturnType<typeof checkContent>>): Promise<void> {
  await database.transaction((tx) => checked.record(tx))
  await checked.afterwards()
}
const files = async () => (await store.keysOf('gen_a')).toSorted((a, b) => a.localeCompare(b))

test('a prompt that passes leaves a trail, once it is written', async () => {
  answers.prompt = [verdict()]
  const checked = await checkContent(open(), generation(), patience())
  expect(checked.refusal).toBeUndefined()
  expect(asked).toEqual([['prompt', 'a fox', `${workspaceId}/live`, 'closed']])
  expect(await listVerdicts(database.read, 'gen_a')).toEqual([])
  await record(checked)
  expect(await listVerdicts(database.read, 'gen_a')).toEqual([verdict()])
})

test('a prompt that is refused says why, and no image is looked at', async () => {
  answers.prompt = [verdict({ category: 'sexual', score: 0.9, rule: 'r1', refused: true })]
  const checked = await checkContent(open(), generation([dataUrl]), patience())
  expect(checked.refusal).toMatchObject({
    code: 'content_policy_violation',
    reason: 'prompt_refused',
    param: 'prompt',
  })
  expect(asked).toHaveLength(1)
  await record(checked)
  expect(await listVerdicts(database.read, 'gen_a')).toEqual(answers.prompt)
  expect(await files()).toEqual([])
})

test('reference images that pass are kept, recorded and counted', async () => {
  answers.image = [verdict({ stage: 'image', imageIndex: 1 })]
  const checked = await checkContent(open(), generation([dataUrl, dataUrl]), patience())
  expect(checked.refusal).toBeUndefined()
  expect(asked.at(-1)).toEqual(['images', 2, `${workspaceId}/live`])
  expect(await files()).toEqual(['gen_a-input0.png', 'gen_a-input1.png'])
  expect(await listKeptReferences(database.read)).toEqual([])
  await record(checked)
  expect(await listKeptReferences(database.read)).toHaveLength(2)
  expect(await listVerdicts(database.read, 'gen_a')).toEqual(answers.image)
  const opened = await openReferenceFiles(database.read, store, 'gen_a')
  expect(opened).toMatchObject([
    { role: 'reference_image', mimeType: 'image/png', width: 16, height: 16 },
    { role: 'reference_image' },
  ])
})

test('an image that is refused is kept nowhere', async () => {
  answers.prompt = [verdict()]
  answers.image = [verdict({ stage: 'image', category: 'violence', refused: true, imageIndex: 0 })]
  const checked = await checkContent(open(), generation([dataUrl]), patience())
  expect(checked.refusal).toMatchObject({ reason: 'image_refused', param: 'images[0].url' })
  await record(checked)
  expect(await files()).toEqual([])
  expect(await listKeptReferences(database.read)).toEqual([])
  expect(await listVerdicts(database.read, 'gen_a')).toEqual([...answers.prompt, ...answers.image])
})

test('an image that cannot be used is the fault of the request', async () => {
  const checked = await checkContent(open(), generation(['data:text/plain,hello']), patience())
  expect(checked.refusal).toMatchObject({ code: 'invalid_parameter', param: 'images[0].url' })
})

test('images that came inside the request are taken from their files, which go afterwards', async () => {
  const context = open()
  await keepInlineImages(context, 'gen_a', new Map([[0, Buffer.from(dataUrl)]]))
  await database.transaction((tx) => acceptInlineImages(tx, 'gen_a', now + 1000))
  const checked = await checkContent(context, generation(['data:']), patience())
  expect(checked.refusal).toBeUndefined()
  expect(await files()).toEqual(['gen_a-inline0', 'gen_a-input0.png'])
  await record(checked)
  expect(await files()).toEqual(['gen_a-input0.png'])
  const rows = await database.read.all<{ at: number }>('SELECT deletes_at AS at FROM inline_images')
  // Of no more use: the next sweep takes the row.
  expect(rows.every(({ at }) => at <= now)).toBe(true)
  expect((await findInlineImages(database.read, store, 'gen_a')).size).toBeLessThanOrEqual(1)
})

test('after a crash those that were kept are taken, and nothing is fetched again', async () => {
  await record(await checkContent(open(), generation([dataUrl]), patience()))
  const again = await checkContent(open(), generation(['https://gone.invalid/']), patience())
  expect(again.refusal).toBeUndefined()
  await record(again)
  expect(await listKeptReferences(database.read)).toHaveLength(1)
})

test('a fault of our own is thrown, and nothing that was not recorded is left', async () => {
  await checkContent(open(), generation([dataUrl]), patience())
  expect(await files()).toHaveLength(1)
  const broken = { ...safety, checkPrompt: () => Promise.reject(new TypeError('a fault')) }
  await expect(
    checkContent(open({ safety: broken }), generation([dataUrl]), patience()),
  ).rejects.toThrow('a fault')
  expect(await files()).toEqual([])
})

test('a check that is down refuses, by the word of the check', async () => {
  const down = fail('server_error', 'safety_unavailable', { message: 'down' })
  const broken = { ...safety, checkPrompt: () => Promise.reject(down) }
  const checked = await checkContent(open({ safety: broken }), generation(), patience())
  expect(checked.refusal).toBe(down)
})

test("a workspace's own policy goes over the server's", async () => {
  await database.transaction((tx) => setOwnPolicy(tx, workspaceId, { onFailure: 'open' }))
  expect(await findOwnPolicy(database.read, workspaceId)).toEqual({ onFailure: 'open' })
  expect(await findOwnPolicy(database.read, 'ws_other')).toEqual({})
  await checkContent(open(), generation(), patience())
  expect(asked).toEqual([['prompt', 'a fox', `${workspaceId}/live`, 'open']])
  await database.transaction((tx) => setOwnPolicy(tx, workspaceId, {}))
  expect(await findOwnPolicy(database.read, workspaceId)).toEqual({})
})

test('results that cannot be checked are not begun', async () => {
  const outputs = { outputs: true, onFailure: 'closed' } as const
  const nobody = await checkContent(open(policy(outputs)), generation(), patience())
  expect(nobody.refusal).toMatchObject({
    reason: 'safety_unavailable',
    shouldRetry: false,
    note: 'the output check is on, but no check of the policy looks at results',
  })
  expect(asked).toEqual([])
  const looking = policy({ ...outputs, checks: ['looker'] })
  const film = generation([], { duration: 5 })
  const blind = await checkContent(open(looking), film, patience())
  expect(blind.refusal?.note).toBe(
    'the output check of films needs ffmpeg on the PATH of the gateway',
  )
  for (const [context, order] of [
    [open(looking), generation()],
    [open({ ...looking, canTakeFrames: async () => true }), film],
    [open(policy({ outputs: true, onFailure: 'open' })), film],
    [open(policy({ outputs: false })), film],
  ] as const) {
    expect((await checkContent(context, order, patience())).refusal).toBeUndefined()
  }
})

test('a request that is only asked about is checked alike, and leaves nothing', async () => {
  const context = open()
  const caller = { workspaceId, mode: 'test' as const }
  const inlineImages = new Map([[0, Buffer.from(dataUrl)]])
  const { input } = generation(['data:'])
  await tryContent(context, { input, inlineImages, caller }, patience())
  expect(asked).toEqual([
    ['prompt', 'a fox', `${workspaceId}/test`, 'closed'],
    ['images', 1, `${workspaceId}/test`],
  ])
  expect(await files()).toEqual([])
  asked = []
  const bare = generation().input
  await tryContent(context, { input: bare, inlineImages: new Map(), caller }, patience())
  expect(asked).toHaveLength(1)
  answers.image = [verdict({ stage: 'image', refused: true, imageIndex: 0 })]
  await expect(
    tryContent(context, { input, inlineImages, caller }, patience()),
  ).rejects.toMatchObject({
    reason: 'image_refused',
  })
  answers.prompt = [verdict({ refused: true })]
  await expect(
    tryContent(context, { input: bare, inlineImages: new Map(), caller }, patience()),
  ).rejects.toMatchObject({ reason: 'prompt_refused' })
  const blind = open(policy({ outputs: true }))
  await expect(
    tryContent(blind, { input: bare, inlineImages: new Map(), caller }, patience()),
  ).rejects.toMatchObject({ reason: 'safety_unavailable' })
  expect(await listVerdicts(database.read, 'gen_a')).toEqual([])
})

/** A kept result. */
async function output(durationMs: number | null = null): Promise<Output> {
  const source = (async function* () {
    yield picture
  })()
  const staged = await store.stage(source, { maxBytes: 1e6 })
  await store.keep(staged, 'gen_a-1-0')
  // Only what the checks read of it.
  return { storageKey: 'gen_a-1-0', mimeType: 'image/png', durationMs } as Output
}

test('results are looked at only where the policy says so', async () => {
  answers.output = [verdict({ stage: 'output', refused: true })]
  await checkOutputs(open(), generation(), [await output()], patience())
  expect(asked).toEqual([])
  const looking = open(policy({ outputs: true }))
  await expect(
    checkOutputs(looking, generation(), [await output()], patience()),
  ).rejects.toMatchObject({ code: 'content_policy_violation', reason: 'output_refused' })
  expect(asked).toEqual([['outputs', ['image/png'], `${workspaceId}/live`]])
  expect(await listVerdicts(database.read, 'gen_a')).toEqual(answers.output)
})

test('a film of which no picture can be taken is withheld, or let through with a line that says so', async () => {
  const closed = open(policy({ outputs: true }))
  const film = await output(1000)
  await expect(checkOutputs(closed, generation(), [film], patience())).rejects.toMatchObject({
    code: 'server_error',
    reason: 'safety_unavailable',
    note: expect.stringContaining('no picture could be taken out of the film'),
  })
  expect(await listVerdicts(database.read, 'gen_a')).toEqual([])
  const openly = open(policy({ outputs: true, onFailure: 'open' }))
  await checkOutputs(openly, generation(), [await output(), film], patience())
  expect(asked).toEqual([['outputs', ['image/png'], `${workspaceId}/live`]])
  expect(await listVerdicts(database.read, 'gen_a')).toEqual([
    {
      stage: 'output',
      check: 'ffmpeg',
      category: 'unavailable',
      score: 0,
      rule: 'no picture could be taken out of the film',
      refused: false,
      imageIndex: 1,
      at: start,
    },
  ])
  // The turn of films was given back each time.
  const leave = await openly.films.take({ tenant: 'ws_other/live', signal: patience() })
  leave()
})

test('a fault of our own while results are looked at is thrown', async () => {
  const looking = open(policy({ outputs: true, onFailure: 'open' }))
  const missing = { storageKey: 'gen_a-9-9', mimeType: 'image/png', durationMs: null } as Output
  await expect(checkOutputs(looking, generation(), [missing], patience())).rejects.toThrow(
    'is gone',
  )
})

test('results that pass without a word write nothing', async () => {
  const looking = open(policy({ outputs: true }))
  let writes = 0
  const counting: Database = {
    ...database,
    read: database.read,
    transaction(work) {
      writes += 1
      return database.transaction(work)
    },
  }
  await checkOutputs({ ...looking, database: counting }, generation(), [await output()], patience())
  expect(writes).toBe(0)
})
