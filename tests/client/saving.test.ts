import { execFile } from 'node:child_process'
import { constants } from 'node:fs'
import * as fs from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { answer } from './support/raw-server.ts'
import { caught, scripted } from './support/scripted.ts'

const run = promisify(execFile)
const film = 'abcdefghij'.repeat(2_000)

let folder: string
beforeEach(async () => {
  folder = await fs.mkdtemp(join(tmpdir(), 'filmgate-'))
})
afterEach(() => fs.rm(folder, { recursive: true }))

/** Downloads the film to a path. */
async function save(path: string): Promise<unknown> {
  const { server, client } = await scripted((socket) =>
    answer(socket, 200, film, { 'Content-Type': 'video/mp4' }),
  )
  return client.download(server.baseURL, path)
}

const modeOf = async (path: string): Promise<number> => (await fs.stat(path)).mode & 0o777

test('a link stays a link, and the file it leads to is replaced', async () => {
  const [target, link] = [join(folder, 'target.mp4'), join(folder, 'link.mp4')]
  await fs.writeFile(target, 'an older film')
  await fs.symlink('target.mp4', link)
  await save(link)
  expect(await fs.readlink(link)).toBe('target.mp4')
  expect(await fs.readFile(target, 'utf8')).toBe(film)
  expect((await fs.readdir(folder)).toSorted()).toEqual(['link.mp4', 'target.mp4'])
})

test('a link to a file that is not there yet makes it there', async () => {
  await fs.mkdir(join(folder, 'films'))
  const link = join(folder, 'link.mp4')
  await fs.symlink('films/new.mp4', link)
  await save(link)
  expect(await fs.readFile(join(folder, 'films/new.mp4'), 'utf8')).toBe(film)
  expect((await fs.lstat(link)).isSymbolicLink()).toBe(true)
})

test('a link to itself is told, and nothing is left', async () => {
  const link = join(folder, 'link.mp4')
  await fs.symlink('link.mp4', link)
  expect(await caught(save(link))).toMatchObject({ code: 'ELOOP', path: link })
  expect(await fs.readdir(folder)).toEqual(['link.mp4'])
})

test('a file that was there keeps its mode, and a new one gets the usual one', async () => {
  const [secret, fresh] = [join(folder, 'secret.mp4'), join(folder, 'fresh.mp4')]
  await fs.writeFile(secret, 'an older film', { mode: 0o600 })
  await save(secret)
  await save(fresh)
  expect(await modeOf(secret)).toBe(0o600)
  expect(await modeOf(fresh)).toBe(0o666 & ~process.umask())
})

test('a device is written to, and stays what it is', async () => {
  await save('/dev/null')
  expect((await fs.stat('/dev/null')).isCharacterDevice()).toBe(true)
})

test('a pipe is written to, for whoever reads it', async () => {
  const pipe = join(folder, 'pipe')
  await run('mkfifo', [pipe])
  const [, text] = await Promise.all([save(pipe), fs.readFile(pipe, 'utf8')])
  expect(text).toBe(film)
  expect((await fs.stat(pipe)).isFIFO()).toBe(true)
})

test('a pipe that nobody reads ends with the call', async () => {
  const pipe = join(folder, 'pipe')
  await run('mkfifo', [pipe])
  const { server, client } = await scripted((socket) => answer(socket, 200, film))
  const abort = new AbortController()
  const saving = client.download(server.baseURL, pipe, { signal: abort.signal })
  abort.abort()
  await expect(saving).rejects.toMatchObject({ code: 'aborted' })
  // Lets the opening end that the runtime began.
  const reader = await fs.open(pipe, constants.O_RDONLY | constants.O_NONBLOCK)
  await reader.close()
})

test('a folder is refused by name', async () => {
  expect(await caught(save(folder))).toMatchObject({
    code: 'EISDIR',
    message: `'${folder}' is a folder. Name a file in it.`,
  })
  expect(await fs.readdir(folder)).toEqual([])
})

test('a folder that is missing is told with the name that was given', async () => {
  const path = join(folder, 'none', 'fox.mp4')
  const error = await caught(save(path))
  expect(error).toMatchObject({ code: 'ENOENT', path })
  expect(error.message).toBe(
    `'${path}' cannot be saved. Its folder does not exist; create it first.`,
  )
})

test('a file that may not be written is not replaced either', async () => {
  const path = join(folder, 'fox.mp4')
  await fs.writeFile(path, 'an older film')
  await fs.chmod(folder, 0o777)
  await fs.chmod(path, 0o444)
  const { server } = await scripted((socket) =>
    answer(socket, 200, film, { 'Content-Type': 'video/mp4' }),
  )
  // In a process of somebody else's, for root may write everything.
  const module = new URL('../../packages/client/dist/index.js', import.meta.url).href
  const script = `
    import { Filmgate } from '${module}'
    const client = new Filmgate({ apiKey: 'sk_test_x', baseURL: '${server.baseURL}' })
    console.log(await client.download('${server.baseURL}', '${path}').catch(({ code }) => code))`
  const nobody = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {}
  const { stdout } = await run(process.execPath, ['--input-type=module', '-e', script], nobody)
  expect(stdout.trim()).toBe('EACCES')
  expect(await fs.readFile(path, 'utf8')).toBe('an older film')
})

test('a full disk is told as it is, and leaves nothing', async ({ skip }) => {
  const disk = join(folder, 'disk')
  await fs.mkdir(disk)
  await run('mount', ['-t', 'tmpfs', '-o', 'size=8k', 'tmpfs', disk]).catch(() =>
    skip('SKIPPED: no right to mount a small disk'),
  )
  try {
    expect(await caught(save(join(disk, 'fox.mp4')))).toMatchObject({ code: 'ENOSPC' })
    expect(await fs.readdir(disk)).toEqual([])
  } finally {
    await run('umount', [disk])
  }
})

test('pipes that nobody reads hold up no other file', async () => {
  const pipe = join(folder, 'pipe')
  await run('mkfifo', [pipe])
  const { server, client } = await scripted((socket) => answer(socket, 200, film))
  const abort = new AbortController()
  // More than the runtime has threads for files.
  const saving = Array.from({ length: 8 }, () =>
    caught(client.download(server.baseURL, pipe, { signal: abort.signal })),
  )
  expect(await fs.readFile(fileURLToPath(import.meta.url), 'utf8')).toContain('pipes that nobody')
  abort.abort()
  for (const error of await Promise.all(saving)) expect(error.code).toBe('aborted')
})

test('a file address is a path', async () => {
  const path = join(folder, 'a film.mp4')
  const { server, client } = await scripted((socket) =>
    answer(socket, 200, film, { 'Content-Type': 'video/mp4' }),
  )
  await client.download(server.baseURL, pathToFileURL(path))
  expect(await fs.readFile(path, 'utf8')).toBe(film)
})

test('the longest name that a file may have is one', async () => {
  const path = join(folder, `${'x'.repeat(251)}.mp4`)
  await save(path)
  expect(await fs.readFile(path, 'utf8')).toBe(film)
})

test.each(['', 'films/'])(
  '%j names no file, which is told before anything is fetched',
  async (path) => {
    const { server, client, lines } = await scripted((socket) => answer(socket, 200, film))
    expect(await caught(client.download(server.baseURL, path))).toMatchObject({ code: 'EISDIR' })
    expect(lines()).toEqual([])
  },
)

test('the standard output of a program is written to', async () => {
  const { server } = await scripted((socket) =>
    answer(socket, 200, film, { 'Content-Type': 'video/mp4' }),
  )
  const module = new URL('../../packages/client/dist/index.js', import.meta.url).href
  const script = `
    import { Filmgate } from '${module}'
    const client = new Filmgate({ apiKey: 'sk_test_x', baseURL: '${server.baseURL}' })
    await client.download('${server.baseURL}', '/dev/stdout')`
  const { stdout } = await run('sh', [
    '-c',
    '"$1" --input-type=module -e "$2" | cat',
    'sh',
    process.execPath,
    script,
  ])
  expect(stdout).toBe(film)
})
