import { createHash, randomBytes } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openFsStore } from '../media/fs-store.ts'
import type { MediaStore } from '../media/media-store.ts'
import { StagedString } from './json/string-spool.ts'
import { longStringBytes, readJson, type JsonRead } from './read-json.ts'

let folder: string
let store: MediaStore
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'filmgate-json-'))
  store = await openFsStore(folder)
})
afterEach(() => rmSync(folder, { recursive: true }))

const limits = { maxBytes: 4 * 1024 * 1024, maxTextBytes: 256 * 1024, maxFiles: 4 }
const picture = randomBytes(50_000)
const base64 = picture.toString('base64')

/** A body in pieces of `size` bytes, which breaks off with an error after `until`. */
async function* bodyOf(text: string, size = 1024, until = Infinity): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.from(text)
  for (let at = 0; at < Math.min(bytes.length, until); at += size) {
    yield bytes.subarray(at, Math.min(at + size, until))
  }
  if (until < bytes.length) throw new Error('reset')
}

function read(text: string, size?: number, until?: number): Promise<JsonRead> {
  const { signal } = new AbortController()
  return readJson(bodyOf(text, size, until), store, limits, signal)
}

function onDisk(): string[] {
  return readdirSync(join(folder, 'incoming'))
}

/** The value with the contents of its files. */
function contentsOf(result: JsonRead): unknown {
  if (result.kind !== 'json') return result.why
  expect(result.files.map(({ path }) => path).sort()).toEqual(
    onDisk()
      .map((name) => join(folder, 'incoming', name))
      .sort(),
  )
  const text = JSON.stringify(result.value, (_, value: unknown) =>
    value instanceof StagedString ? hashOf(readFileSync(value.file.path)) : value,
  )
  return JSON.parse(text)
}

function hashOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}

const pictureHash = hashOf(picture)

test.each([1, 3, 1024, 1024 * 1024])(
  'a picture goes to disk, in pieces of %i bytes',
  async (size) => {
    const text = ` {"created": 1, "data": [{"b64_json": "${base64}", "revised_prompt": "ein \\"Füchslein\\" \\ud83e\\udd8a"}, {"b64_json": ""}], "usage": null}\n`
    expect(contentsOf(await read(text, size))).toEqual({
      created: 1,
      data: [{ b64_json: pictureHash, revised_prompt: 'ein "Füchslein" 🦊' }, { b64_json: '' }],
      usage: null,
    })
  },
)

test.each([
  ['a data: URL', `data:image/png;base64,${base64}`],
  ['without padding', base64.replace(/=+$/u, '')],
  ['the alphabet of addresses', base64.replaceAll('+', '-').replaceAll('/', '_')],
  ['escaped slashes', base64.replaceAll('/', '\\/')],
  ['escapes by number', base64.replaceAll('+', '\\u002B').replaceAll('=', '\\u003d')],
  ['lines', base64.replaceAll(/.{76}/gu, '$&\\r\\n')],
])('base64 is decoded: %s', async (_, string) => {
  for (const size of [1, 1021]) {
    const result = await read(`{"a":"${string}"}`, size)
    expect(contentsOf(result)).toEqual({ a: pictureHash })
    if (result.kind === 'json') for (const file of result.files) await store.discard(file)
  }
})

test('strings stay in memory that are short, or long and no base64', async () => {
  const short = 'A'.repeat(longStringBytes - 1)
  const long = 'no base64, '.repeat(10_000)
  const result = await read(JSON.stringify({ short, long, '': '\\"\u0000' }))
  expect(contentsOf(result)).toEqual({ short, long, '': '\\"\u0000' })
  expect(onDisk()).toEqual([])
})

test('a file is kept only where its string is in the value', async () => {
  const again = `{"${base64}": 1, "a": "${base64}", "a": "${base64}", "b": "x"}`
  const result = await read(again)
  expect(result).toMatchObject({ kind: 'json', files: [{ bytes: picture.length }] })
  expect(onDisk()).toHaveLength(1)
})

test('a body cut anywhere is told, and leaves nothing on disk', async () => {
  const text = `{"data": [{"b64_json": "${base64}"}, {"b64_json": "${base64}"}], "x": "\\u00e9"}`
  const places = [0, 1, 9, 22, 23, 24, longStringBytes + 30, base64.length, text.length - 1]
  for (const until of [...places, ...places.map((place) => text.length - place - 1)]) {
    for (const body of [text.slice(0, until), undefined]) {
      const result = await (body === undefined ? read(text, 1000, until) : read(body))
      // Nothing at all is no JSON, if it ends as it should.
      const why = body === '' ? 'not_json' : 'cut'
      expect([until, result]).toEqual([until, expect.objectContaining({ why })])
      expect(onDisk()).toEqual([])
    }
  }
})

test('a value is whole with its last bracket, even if the transfer is not', async () => {
  expect(contentsOf(await read(`{"a":"${base64}"}\n`, 1000, base64.length + 8))).toEqual({
    a: pictureHash,
  })
})

const page = `<html><p>it's a 5" display</p>${'<br>'.repeat(10_000)}`
test.each([
  ['nothing', '', 'not_json'],
  ['a page', page, 'not_json'],
  ['a string', '"abc"', 'not_json'],
  ['a number', '12', 'not_json'],
  ['an unfinished name', '{"a": nul}', 'not_json'],
  ['two values', '{} {}', 'not_json'],
  ['a bracket too many', '{}}', 'not_json'],
  ['brackets that do not match', '{"a":[}]', 'not_json'],
  ['deep nesting', '['.repeat(100_000), 'not_json'],
  ['deep nesting that ends', `${'{"a":'.repeat(65)}1${'}'.repeat(65)}`, 'not_json'],
  ['a string without end', `{"a": "${'no, '.repeat(100)}`, 'cut'],
  ['an escape without end', '{"a": "\\', 'cut'],
  ['base64 without end', `{"a": "${base64}`, 'cut'],
  ['other characters in base64', `{"a": "${base64}!", "b": 1}`, 'not_base64'],
  ['an escaped quote in base64', `{"a": "${base64}\\"", "b": 1}`, 'not_base64'],
  ['a strange escape in base64', `{"a": "${base64}\\u0100", "b": 1}`, 'not_base64'],
  ['padding in base64', `{"a": "${base64.slice(0, 40_000)}=${base64}"}`, 'not_base64'],
  ['too much padding', `{"a": "${base64.slice(0, 40_000)}===="}`, 'not_base64'],
  ['half a byte', `{"a": "${base64.slice(0, 40_001)}"}`, 'not_base64'],
  ['too much text', `{"a": [${'1,'.repeat(200_000)}1]}`, 'too_large'],
  ['too many strings', `{"a": [${'"",'.repeat(100_000)}1]}`, 'too_large'],
  ['too long a string', `{"a": "${'no, '.repeat(100_000)}"}`, 'too_large'],
  ['too much space', ' '.repeat(300_000), 'too_large'],
  ['too many pictures', `{"a": [${`"${base64}",`.repeat(5)}1]}`, 'too_large'],
  ['too large a picture', `{"a": "${'AAAA'.repeat(1_200_000)}"}`, 'too_large'],
])('%s cannot be read', async (_, text, why) => {
  const result = await read(text, 64 * 1024)
  expect(result).toMatchObject({ kind: 'unreadable', why })
  expect(onDisk()).toEqual([])
})

test('what could not be read says how it began', async () => {
  const result = await read(page)
  expect(result).toEqual({ kind: 'unreadable', why: 'not_json', head: page.slice(0, 4096) })
  const secondBad = await read(`{"id": "abc", "a": "${base64}", "b": nothing}`)
  expect(secondBad).toMatchObject({
    head: expect.stringMatching(/^\{"id": "abc", "a": "[\w-]{38,}", "b": nothing\}$/u),
  })
})

test('an abort ends the reading with its reason', async () => {
  const controller = new AbortController()
  async function* body() {
    yield Buffer.from(`{"a": "${base64}`)
    controller.abort(new Error('not wanted'))
    throw new Error('reset')
  }
  const result = readJson(body(), store, limits, controller.signal)
  await expect(result).rejects.toThrow('not wanted')
  expect(onDisk()).toEqual([])
})

test('a disk that fails is no fault of the upstream, and the body is let go', async () => {
  let isClosed = false
  async function* body() {
    try {
      for (;;) yield Buffer.from(`{"a": "${base64}", "b": "${base64}"}`)
    } finally {
      isClosed = true
    }
  }
  let files = 0
  const full: Pick<MediaStore, 'stage' | 'discard'> = {
    stage: (source, options) => {
      files += 1
      if (files === 2) return Promise.reject(new Error('ENOSPC'))
      return store.stage(source, options)
    },
    discard: (file) => store.discard(file),
  }
  const result = readJson(body(), full, limits, new AbortController().signal)
  await expect(result).rejects.toThrow('ENOSPC')
  expect(isClosed).toBe(true)
  expect(onDisk()).toEqual([])
})

test('memory holds no pictures', async () => {
  async function* body() {
    yield Buffer.from('{"a": "')
    const piece = Buffer.alloc(1024 * 1024, 'A')
    for (let count = 0; count < 64; count += 1) yield piece
    yield Buffer.from('"}')
  }
  let most = 0
  const watched = {
    stage: async (source: AsyncIterable<Uint8Array>) => {
      let bytes = 0
      for await (const piece of source) {
        bytes += piece.byteLength
        most = Math.max(most, piece.byteLength)
      }
      return { path: '', bytes, sha256: '' }
    },
    discard: () => Promise.resolve(),
  }
  const large = { ...limits, maxBytes: 96 * 1024 * 1024 }
  const result = await readJson(body(), watched, large, new AbortController().signal)
  expect(result).toMatchObject({ files: [{ bytes: 48 * 1024 * 1024 }] })
  expect(most).toBeLessThanOrEqual(1024 * 1024)
})
