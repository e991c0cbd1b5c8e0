import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { publint } from 'publint'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { version } from '../../packages/client/src/generated/version.ts'
import { installed, leftOut } from './support/installed.ts'
import { packClient, repository, type PackedClient } from './support/packed-client.ts'

const run = promisify(execFile)

let packed: PackedClient
beforeAll(async () => {
  packed = await packClient()
}, 120_000)
afterAll(() => packed.remove())

test('the package holds compiled code twice, types, maps, the README and the licence, and nothing else', () => {
  const compiled = /^(cjs\/)?dist\/([\w/-]+\.(js|d\.ts|js\.map))$/
  const others = packed.files.filter((file) => !compiled.test(file))
  expect(others).toEqual(['LICENSE', 'README.md', 'cjs/package.json', 'package.json'])
  const half = (folder: string) =>
    packed.files.filter((file) => file.startsWith(folder)).map((file) => file.slice(folder.length))
  expect(half('cjs/dist/')).toEqual(half('dist/'))
  expect(packed.files).toContain('dist/index.js')
  expect(packed.files.filter((file) => file.includes('test'))).toEqual([])
})

test('it depends on nothing, and knows its own version', async () => {
  const path = join(packed.project, 'node_modules/@filmgate/client/package.json')
  const manifest: unknown = JSON.parse(await readFile(path, 'utf8'))
  for (const kind of ['dependencies', 'peerDependencies', 'optionalDependencies']) {
    expect(manifest).not.toHaveProperty(kind)
  }
  expect(manifest).toHaveProperty('version', version)
})

test('publint finds nothing to say', async () => {
  const pkgDir = join(packed.project, 'node_modules/@filmgate/client')
  const { messages } = await publint({ pkgDir, strict: true, pack: false })
  expect(messages).toEqual([])
})

/** As much of @arethetypeswrong/core as is used. */
interface TypesChecker {
  createPackageFromTarballData(tarball: Uint8Array): object
  checkPackage(checked: object): Promise<{ problems: object[]; entrypoints: Entrypoints }>
}
type Resolution = { resolution?: { fileName: string } }
type Entrypoints = { '.': { resolutions: Record<string, Resolution> } }

test('the types are not wrong, however they are looked up', async ({ skip }) => {
  const name = '@arethetypeswrong/core'
  const folder = await installed(`${name}@0.18`).catch((error: unknown) =>
    skip(leftOut(name, error)),
  )
  const file = createRequire(join(folder, 'package.json')).resolve(name)
  // Its own types are where it is installed, out of the compiler's sight.
  const checker = (await import(pathToFileURL(file).href)) as TypesChecker
  const tarball = checker.createPackageFromTarballData(await readFile(packed.tarball))
  const { problems, entrypoints } = await checker.checkPackage(tarball)
  expect(problems).toEqual([])
  const found = Object.entries(entrypoints['.'].resolutions).map(([mode, { resolution }]) => [
    mode,
    resolution?.fileName.replace('/node_modules/@filmgate/client/', ''),
  ])
  expect(Object.fromEntries(found)).toEqual({
    node10: 'cjs/dist/index.d.ts',
    'node16-cjs': 'cjs/dist/index.d.ts',
    'node16-esm': 'dist/index.d.ts',
    bundler: 'dist/index.d.ts',
  })
})

/** Gives what an expression over `imported` and `required`, the two copies of the client, evaluates to. */
async function evaluate(expression: string): Promise<unknown> {
  const program = `
    import { createRequire } from 'node:module'
    import * as imported from '@filmgate/client'
    const required = createRequire(import.meta.url)('@filmgate/client')
    const errorOf = ({ Filmgate }) =>
      new Filmgate({ apiKey: 'sk_test_x' }).models.list({}, { signal: AbortSignal.abort() }).catch((error) => error)
    const stackOf = ({ Filmgate }) => {
      try { new Filmgate({ apiKey: 'no key' }) } catch (error) { return error.stack }
    }
    console.log(JSON.stringify(${expression}))`
  const args = ['--enable-source-maps', '--input-type=module', '--eval', program]
  const { stdout } = await run(process.execPath, args, { cwd: packed.project })
  return JSON.parse(stdout)
}

test('a program with both copies of the client knows the errors of each by either', async () => {
  expect(await evaluate('imported.Filmgate === required.Filmgate')).toBe(false)
  for (const [one, other] of [
    ['imported', 'required'],
    ['required', 'imported'],
  ]) {
    const error = `await errorOf(${other})`
    expect(await evaluate(`${one}.isFilmgateError(${error})`)).toBe(true)
    expect(await evaluate(`${error} instanceof ${one}.FilmgateError`)).toBe(true)
    expect(await evaluate(`${error} instanceof ${one}.AbortError`)).toBe(true)
    expect(await evaluate(`${error} instanceof ${one}.TimeoutError`)).toBe(false)
  }
  expect(await evaluate('imported.isFilmgateError(new Error("of another kind"))')).toBe(false)
})

test.each(['imported', 'required'])('a stack of the %s client names its sources', async (copy) => {
  const stack = String(await evaluate(`stackOf(${copy})`))
  const [, file = '', line] = /@filmgate\/client\/(src\/[\w/-]+\.ts):(\d+)/.exec(stack) ?? []
  const source = await readFile(join(repository, 'packages/client', file), 'utf8')
  expect(source.split('\n')[Number(line) - 1]).toContain('throw new TypeError')
})

test.each(['dist', 'cjs/dist'])('the maps of %s carry the sources', async (folder) => {
  const file = join(packed.project, `node_modules/@filmgate/client/${folder}/options.js.map`)
  const source = await readFile(join(repository, 'packages/client/src/options.ts'), 'utf8')
  expect(JSON.parse(await readFile(file, 'utf8'))).toMatchObject({ sourcesContent: [source] })
})
