import { execFile } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startGateway, type TestGateway } from '../support/gateway.ts'
import { lend, packClient, repository, type PackedClient } from './support/packed-client.ts'

const run = promisify(execFile)

let gateway: TestGateway
let packed: PackedClient
beforeAll(async () => {
  gateway = await startGateway()
  packed = await packClient()
})
afterAll(async () => {
  await Promise.all([packed?.remove(), gateway?.stop()])
})

const wrong = `
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

const program = `
  import { Filmgate, FilmgateError, InvalidParameterError, isFilmgateError } from '@filmgate/client'
  const filmgate = new Filmgate()
  const params = { model: 'sandbox-image', prompt: 'A red fox in fresh snow' }
  async function main(): Promise<void> {
    const image = await filmgate.images.generate(params)
    const { size } = await filmgate.download(image)
    const wrong = filmgate.images.generate({ ...params, aspect_ratio: 'round' })
    const error = await wrong.catch((error: unknown) => error)
    const param = isFilmgateError(error) && error.code === 'invalid_parameter' && error.param
    const attempts = error instanceof FilmgateError && error.attempts
    const docUrl = error instanceof InvalidParameterError && error.docUrl?.slice(-17)
    console.log(JSON.stringify({ isWhole: size > 0, param, attempts, docUrl }))
  }
  void main()`

const compilers = {
  'TypeScript 7': join(repository, 'node_modules/typescript/bin/tsc'),
  // The compiler of the tools; the last line that knows node10.
  'TypeScript 5.9': createRequire(join(repository, 'tools/package.json')).resolve(
    'typescript/bin/tsc',
  ),
}

interface Row {
  compiler: keyof typeof compilers
  /** Of the project's package.json. */
  type: 'module' | 'commonjs'
  /** Whose globals it is compiled with. */
  globals: 'browser' | 'Node'
  options: { module: string; moduleResolution?: string }
}

const ts7 = { compiler: 'TypeScript 7', globals: 'browser' } as const
const ts5 = { compiler: 'TypeScript 5.9', globals: 'browser' } as const
const node10 = { module: 'commonjs', moduleResolution: 'node10' }

const rows: Row[] = [
  { ...ts7, type: 'module', options: { module: 'nodenext' } },
  { ...ts7, type: 'module', options: { module: 'nodenext' }, globals: 'Node' },
  { ...ts7, type: 'module', options: { module: 'preserve' } },
  { ...ts7, type: 'commonjs', options: { module: 'nodenext' } },
  { ...ts7, type: 'commonjs', options: { module: 'node16' } },
  { ...ts7, type: 'commonjs', options: { module: 'commonjs' } },
  { ...ts5, type: 'module', options: { module: 'node16' } },
  { ...ts5, type: 'commonjs', options: { module: 'node16' }, globals: 'Node' },
  { ...ts5, type: 'commonjs', options: node10 },
]

test.for(rows)(
  'a $type project of $compiler with $options and globals of $globals finds the types and runs',
  async (row) => {
    const project = await createProject(row)
    expect(await complaints(compilers[row.compiler], project)).toEqual([
      expect.stringMatching(/^wrong\.ts\(14,16\): error TS2322/),
    ])
    const { stdout } = await run(process.execPath, ['compiled/program.js'], {
      cwd: project,
      env: {
        ...process.env,
        FILMGATE_BASE_URL: gateway.baseURL,
        FILMGATE_API_KEY: gateway.testKey,
      },
    })
    expect(JSON.parse(stdout)).toEqual({
      isWhole: true,
      param: 'aspect_ratio',
      attempts: 1,
      docUrl: 'invalid_parameter',
    })
  },
)

async function createProject({ type, globals, options }: Row): Promise<string> {
  const project = await packed.createProject(`types-${crypto.randomUUID()}`, { type })
  const isForNode = globals === 'Node'
  if (isForNode) for (const name of ['@types/node', 'undici-types']) await lend(project, name)
  const compilerOptions = {
    strict: true,
    // The package's declarations are checked too.
    skipLibCheck: false,
    target: 'es2022',
    outDir: 'compiled',
    lib: isForNode ? ['es2023'] : ['es2023', 'dom', 'dom.iterable'],
    types: isForNode ? ['node'] : [],
    ...options,
  }
  const settings = { compilerOptions, files: ['program.ts', 'wrong.ts'] }
  await writeFile(join(project, 'tsconfig.json'), JSON.stringify(settings))
  await writeFile(join(project, 'program.ts'), program)
  await writeFile(join(project, 'wrong.ts'), wrong)
  return project
}

function complaints(compiler: string, cwd: string): Promise<string[]> {
  return new Promise((resolve) => {
    execFile(process.execPath, [compiler, '-p', '.'], { cwd }, (_error, stdout) =>
      resolve(stdout.split('\n').filter((line) => line !== '')),
    )
  })
}
