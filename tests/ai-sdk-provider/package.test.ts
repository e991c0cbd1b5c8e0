import { execFile } from 'node:child_process'
import { readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { publint } from 'publint'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { lend, repository } from '../package/support/packed-client.ts'
import { commandOf, runtimeRows } from '../package/support/runtimes.ts'
import { startGateway, type TestGateway } from '../support/gateway.ts'
import { makeProject, readmePrograms, type Project } from './support/project.ts'

const run = promisify(execFile)

let project: Project
let gateway: TestGateway
let programs: string[]
beforeAll(async () => {
  ;[project, gateway, programs] = await Promise.all([
    makeProject(),
    startGateway(),
    readmePrograms(),
  ])
  for (const name of ['@types/node', 'undici-types']) await lend(project.folder, name)
}, 300_000)
afterAll(() => Promise.all([project?.remove(), gateway?.stop()]))

test('the package holds compiled code, types, maps, the README and the licence, and nothing else', async () => {
  const entries = await readdir(project.provider, { recursive: true, withFileTypes: true })
  const files = entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name).slice(project.provider.length + 1))
  const others = files.filter((file) => !/^dist\/[\w-]+\.(js|d\.ts|js\.map)$/.test(file))
  expect(others.toSorted()).toEqual(['LICENSE', 'README.md', 'package.json'])
  expect(files.filter((file) => file.includes('test'))).toEqual([])
})

test('it depends on the client of its own version and the types of the AI SDK', async () => {
  const manifest: unknown = JSON.parse(
    await readFile(join(project.provider, 'package.json'), 'utf8'),
  )
  const client: unknown = JSON.parse(
    await readFile(join(repository, 'packages/client/package.json'), 'utf8'),
  )
  // Both are packages of this repository, whose versions are strings.
  const { version, dependencies } = manifest as { version: string; dependencies: object }
  expect(dependencies).toEqual({
    '@ai-sdk/provider': expect.stringMatching(/^\^4\./),
    '@filmgate/client': version,
  })
  expect((client as { version: string }).version).toBe(version)
})

test('publint finds nothing to say', async () => {
  const { messages } = await publint({ pkgDir: project.provider, strict: true, pack: false })
  expect(messages).toEqual([])
})

const uses = `
  import { createFilmgate, filmgate, type FilmgateVideoOptions } from '@filmgate/ai-sdk-provider'
  import * as previous from '@filmgate/ai-sdk-provider/ai-6'
  import { Filmgate } from '@filmgate/client'
  import { createProviderRegistry, customProvider, generateImage, wrapImageModel } from 'ai'
  import * as ai6 from 'ai-6'
  const options = { sound: true } satisfies FilmgateVideoOptions
  export const own = createFilmgate({ client: new Filmgate({ apiKey: null }) })
  export const registry = createProviderRegistry({ filmgate, own })
  export const custom = customProvider({ imageModels: { fast: own.image('m') }, fallbackProvider: own })
  export const wrapped = wrapImageModel({ model: filmgate.image('m'), middleware: { specificationVersion: 'v4' } })
  await generateImage({ model: registry.imageModel('filmgate:m'), prompt: 'p' })
  export const registry6 = ai6.createProviderRegistry({ filmgate: previous.filmgate })
  await ai6.generateImage({ model: previous.filmgate.image('m'), prompt: 'p' })
  await ai6.experimental_generateVideo({
    model: previous.filmgate.video('m'), prompt: 'p', providerOptions: { filmgate: options },
  })
  await ai6.generateImage({ model: registry6.imageModel('filmgate:m'), prompt: 'p' })
  // @ts-expect-error -- ai 6 takes no model of this specification
  await ai6.generateImage({ model: filmgate.image('m'), prompt: 'p' })
  export const wrong: number = 'this line shows that the compiler looks'
`

// It takes the types of the client's other half.
const required = `
  import { createFilmgate } from '@filmgate/ai-sdk-provider'
  import { Filmgate } from '@filmgate/client'
  export const own = createFilmgate({ client: new Filmgate({ apiKey: null }) })`

test('the README and every use type-check, and wrong ones do not', async () => {
  const strict = { strict: true, noEmit: true, skipLibCheck: true, target: 'es2023' }
  const compilerOptions = { ...strict, module: 'nodenext', lib: ['es2023', 'dom'], types: ['node'] }
  const files = ['uses.ts', 'required.cts', ...programs.map((_text, at) => `readme-${at}.ts`)]
  await writeFile(join(project.folder, 'uses.ts'), uses)
  await writeFile(join(project.folder, 'required.cts'), required)
  await writeFile(
    join(project.folder, 'tsconfig.json'),
    JSON.stringify({
      compilerOptions: { ...compilerOptions, allowImportingTsExtensions: true },
      files,
    }),
  )
  for (const [at, text] of programs.entries()) {
    await writeFile(join(project.folder, `readme-${at}.ts`), text)
  }
  expect(await complaints()).toEqual([expect.stringMatching(/^uses\.ts\(21,16\): error TS2322/)])
})

test('every program of the README runs', async () => {
  expect(programs).toHaveLength(4)
  const row = runtimeRows.find(({ name }) => name === 'Node 22')
  const [node] = await commandOf(row ?? { name: 'Node' })
  const output: string[] = []
  for (const [at, text] of programs.entries()) {
    await writeFile(join(project.folder, `program-${at}.ts`), text)
    const { stdout } = await run(node, [`program-${at}.ts`], {
      cwd: project.folder,
      env: {
        ...process.env,
        FILMGATE_BASE_URL: gateway.baseURL,
        FILMGATE_API_KEY: gateway.testKey,
      },
    })
    output.push(stdout)
  }
  expect(output[0]).toMatch(/^image\/jpeg \[\]\n\{\s+videos: \[/)
  expect((await stat(join(project.folder, 'fox.mp4'))).size).toBeGreaterThan(1_000)
  expect(output[1]).toMatch(/^This cannot be shown\./)
  expect(output[2]).toMatch(/^binary \{/)
  expect(output[3]).toBe('image/png\n')
})

function complaints(): Promise<string[]> {
  const tsc = join(repository, 'node_modules/typescript/bin/tsc')
  return new Promise((resolve) => {
    execFile(process.execPath, [tsc, '-p', '.'], { cwd: project.folder }, (_error, stdout) =>
      resolve(stdout.split('\n').filter((line) => line !== '')),
    )
  })
}
