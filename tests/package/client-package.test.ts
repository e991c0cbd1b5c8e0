import { execFile } from 'node:child_process'
import { cp, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { publint } from 'publint'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { version } from '../../packages/client/src/generated/version.ts'
import { lend, packClient, repository, type PackedClient } from './support/packed-client.ts'

let packed: PackedClient
beforeAll(async () => {
  packed = await packClient()
}, 120_000)
afterAll(() => packed.remove())

test('the package holds compiled code, types, maps, the README and the licence, and nothing else', () => {
  const others = packed.files.filter((file) => !/^dist\/[\w/-]+\.(js|d\.ts|js\.map)$/.test(file))
  expect(others).toEqual(['LICENSE', 'README.md', 'package.json'])
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

const consumer = `
  import { Filmgate, isFilmgateError, type CompletedVideo } from '@filmgate/client'
  export async function film(prompt: string): Promise<CompletedVideo | undefined> {
    const filmgate = new Filmgate({ apiKey: 'sk_test_x', maxRetries: 2 })
    try {
      const film = await filmgate.videos.generate({ model: 'sandbox-video', prompt, duration: 5 })
      const { bytes } = await filmgate.download(film, 'film.mp4')
      return bytes > 0 ? film : undefined
    } catch (error) {
      if (isFilmgateError(error) && error.code === 'rate_limit') return undefined
      throw error
    }
  }
  export const wrong: number = 'this line shows that the compiler looks'`

// Its declarations are checked too (skipLibCheck off), once with the browser's types, once with Node's.
const settings: { module: string; moduleResolution?: string; lib: string[]; types: string[] }[] = [
  { module: 'nodenext', lib: ['es2023', 'dom', 'dom.iterable'], types: [] },
  { module: 'preserve', moduleResolution: 'bundler', lib: ['es2023', 'dom'], types: [] },
  { module: 'nodenext', lib: ['es2023'], types: ['node'] },
]

test.each(settings)('a project with %j finds its types', async (compilerOptions) => {
  const folder = join(packed.project, `types-${settings.indexOf(compilerOptions)}`)
  await mkdir(folder)
  await cp(join(packed.project, 'node_modules'), join(folder, 'node_modules'), { recursive: true })
  if (compilerOptions.types.includes('node')) {
    await lend(folder, '@types/node')
    await lend(folder, 'undici-types')
  }
  const strict = { strict: true, noEmit: true, skipLibCheck: false, target: 'es2022' }
  const options = { compilerOptions: { ...strict, ...compilerOptions }, files: ['consumer.ts'] }
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(options))
  await writeFile(join(folder, 'consumer.ts'), consumer)
  expect(await complaints(folder)).toEqual([
    expect.stringMatching(/^consumer\.ts\(14,16\): error TS2322/),
  ])
})

function complaints(folder: string): Promise<string[]> {
  const tsc = join(repository, 'node_modules/typescript/bin/tsc')
  return new Promise((resolve) => {
    execFile(process.execPath, [tsc, '-p', '.'], { cwd: folder }, (_error, stdout) =>
      resolve(stdout.split('\n').filter((line) => line !== '')),
    )
  })
}
