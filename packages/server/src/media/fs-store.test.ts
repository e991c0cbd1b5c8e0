import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { inspectFsStore, openFsStore } from './fs-store.ts'
import { OutputTooLargeError, type ByteRange, type MediaStore } from './media-store.ts'

const key = 'gen_0123456789ab-0.png'
let folder: string
let store: MediaStore
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'filmgate-media-'))
  store = await openFsStore(folder)
})
afterEach(() => rmSync(folder, { recursive: true }))

async function* bytesOf(...parts: string[]): AsyncGenerator<Uint8Array> {
  for (const part of parts) yield Buffer.from(part)
}

async function textOf(name: string, range?: ByteRange): Promise<string> {
  const file = await store.open(name)
  return file === undefined ? 'nothing' : text(file.read(range))
}

async function keysOf(list: AsyncIterable<string>): Promise<string[]> {
  const keys: string[] = []
  for await (const each of list) keys.push(each)
  return keys
}

test('a kept file is read as it was sent, whole or in part', async () => {
  const staged = await store.stage(bytesOf('to', 'geth', 'er'), { maxBytes: 8 })
  expect(staged.bytes).toBe(8)
  expect(staged.sha256).toBe('0c24734d7bf5954f08e5bfe4820b0b2f63da8d658df37c9d50080485e034b721')
  await store.keep(staged, key)
  expect(await store.size(key)).toBe(8)
  expect((await store.open(key))?.bytes).toBe(8)
  expect(await textOf(key)).toBe('together')
  expect(await textOf(key, { start: 2, end: 5 })).toBe('geth')
})

test('a file larger than allowed leaves nothing behind', async () => {
  const staging = store.stage(bytesOf('12345', '6789'), { maxBytes: 8 })
  await expect(staging).rejects.toThrow(OutputTooLargeError)
  expect(readdirSync(join(folder, 'incoming'))).toEqual([])
})

test('a source that breaks off leaves nothing behind', async () => {
  async function* broken() {
    yield Buffer.from('first')
    throw new Error('connection reset')
  }
  await expect(store.stage(broken(), { maxBytes: 100 })).rejects.toThrow('connection reset')
  expect(readdirSync(join(folder, 'incoming'))).toEqual([])
})

test('what a killed gateway had not finished is dropped at the next start, what it kept is not', async () => {
  await store.keep(await store.stage(bytesOf('kept'), { maxBytes: 8 }), key)
  await store.stage(bytesOf('unfinished'), { maxBytes: 10 })
  const reopened = await openFsStore(folder)
  expect(readdirSync(join(folder, 'incoming'))).toEqual([])
  expect(await keysOf(reopened.list())).toEqual([key])
})

test('looking into the folder of a running gateway leaves alone what it is receiving', async () => {
  const staged = await store.stage(bytesOf('half'), { maxBytes: 8 })
  const inspected = inspectFsStore(folder)
  expect(await keysOf(inspected.list())).toEqual([])
  expect(readFileSync(staged.path, 'utf8')).toBe('half')
})

test('a missing file has no size and cannot be opened, and removing it is no fault', async () => {
  expect(await store.size(key)).toBeUndefined()
  expect(await store.open(key)).toBeUndefined()
  await store.remove(key)
  expect(await keysOf(store.list())).toEqual([])
})
