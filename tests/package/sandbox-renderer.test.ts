import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { publint } from 'publint'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { lend, repository } from './support/packed-client.ts'

const run = promisify(execFile)

let project: string
let installed: string
beforeAll(async () => {
  project = await mkdtemp(join(tmpdir(), 'filmgate-renderer-'))
  await run('npm', ['pack', './packages/sandbox-renderer', '--pack-destination', project], {
    cwd: repository,
  })
  const [tarball = ''] = await readdir(project)
  installed = join(project, 'node_modules/@filmgate/sandbox-renderer')
  await mkdir(installed, { recursive: true })
  await run('tar', ['-xzf', join(project, tarball), '--strip-components=1', '-C', installed])
  // Its dependencies are those of the repository, which saves 60 MB and a registry.
  for (const name of Object.keys(await dependencies())) await lend(project, name)
})
afterAll(() => rm(project, { recursive: true, force: true }))

test('the package holds compiled code, the README and the licence, and publint finds nothing', async () => {
  const entries = await readdir(installed, { recursive: true })
  const compiled = /^dist(\/[\w-]+\.(js|d\.ts|js\.map))?$/
  const others = entries.filter((entry) => !compiled.test(entry)).toSorted()
  expect(others).toEqual(['LICENSE', 'README.md', 'package.json'])
  expect(entries.filter((entry) => entry.includes('test'))).toEqual([])
  const { messages } = await publint({ pkgDir: installed, strict: true, pack: false })
  expect(messages).toEqual([])
})

test('it draws from where it is installed, in threads of its own', async () => {
  const script = `
    import { createRenderer } from '@filmgate/sandbox-renderer'
    const renderer = createRenderer({ threads: 1 })
    const spec = { prompt: 'a fox', seed: 1, width: 64, height: 64, references: [] }
    const image = await renderer.image({ ...spec, format: 'png' })
    const film = await renderer.video({ ...spec, durationSeconds: 1, sound: true })
    await renderer.close()
    console.log(Buffer.from(image).toString('latin1', 1, 4), Buffer.from(film).toString('latin1', 4, 8))`
  const path = join(project, 'draw.mjs')
  await writeFile(path, script)
  const { stdout } = await run(process.execPath, [path])
  expect(stdout).toBe('PNG ftyp\n')
})

test('the server asks for this very version', async () => {
  const [own, server] = await Promise.all(
    [join(installed, 'package.json'), join(repository, 'packages/server/package.json')].map(
      async (path): Promise<unknown> => JSON.parse(await readFile(path, 'utf8')),
    ),
  )
  expect(server).toHaveProperty(
    ['dependencies', '@filmgate/sandbox-renderer'],
    Object(own).version as unknown,
  )
})

async function dependencies(): Promise<object> {
  const manifest: unknown = JSON.parse(await readFile(join(installed, 'package.json'), 'utf8'))
  // The package's own file; a test that finds no dependencies fails where it draws.
  return (manifest as { dependencies: object }).dependencies
}
