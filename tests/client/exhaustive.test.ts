import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { errorCatalog } from '../../packages/client/src/generated/errors.ts'

const repository = fileURLToPath(new URL('../../', import.meta.url))
const codes = [
  ...Object.keys(errorCatalog),
  'connection_error',
  'timeout',
  'aborted',
  'wait_interrupted',
]

/** A handler as a reader would write it; the compiler checks its last line. */
function handler(handled: string[]): string {
  return `
    import { isFilmgateError } from '${join(repository, 'packages/client/src/index.ts')}'
    export function explain(error: unknown): string {
      if (!isFilmgateError(error)) throw error
      switch (error.code) {
        ${handled.map((code) => `case '${code}': return error.message`).join('\n')}
        default: return error satisfies never
      }
    }`
}

const uses = `
  import {
    Filmgate, FilmgateError, isFilmgateError, RateLimitError,
    type CompletedImage, type CompletedVideo, type Quote, type VideoParams,
  } from '${join(repository, 'packages/client/src/index.ts')}'
  const client = new Filmgate({ apiKey: 'k' })
  export const image: Promise<CompletedImage> = client.images.generate({ model: 'm', prompt: 'p' })
  export const film: Promise<CompletedVideo> = client.generations.wait('id', { type: 'video' })
  export const quote: Promise<Quote> = client.videos.quote({ model: 'm', prompt: 'p', duration: 5 })
  export const params: VideoParams = { model: 'm', prompt: 'p', sound: true }
  export function narrows(error: unknown): void {
    if (error instanceof FilmgateError && error.code === 'rate_limit') error.retryAfterMs?.toFixed()
    if (isFilmgateError(error) && error.code === 'rate_limit') {
      const same: RateLimitError = error
      same.generation?.error.doc_url.length
    }
    if (isFilmgateError(error) && error.code === 'wait_interrupted') error.generationId.length
  }
  export const fromForm: VideoParams = { model: 'm', prompt: 'p', aspect_ratio: undefined, images: undefined }
  export const costs = client.billing.costs({ start: new Date(0), end: '2026-01-01T00:00:00Z' })
  // @ts-expect-error -- a role is required for films
  export const noRole: VideoParams = { model: 'm', prompt: 'p', images: [{ url: 'u' }] }
  // @ts-expect-error -- misspelt
  void client.images.generate({ model: 'm', prompt: 'p', aspectRatio: '1:1' })
  // @ts-expect-error -- an image has no duration
  void client.images.generate({ model: 'm', prompt: 'p' }).then((done) => done.data[0]?.duration)`

const tsconfig = {
  extends: join(repository, 'tsconfig.base.json'),
  compilerOptions: {
    composite: false,
    rewriteRelativeImportExtensions: false,
    allowImportingTsExtensions: true,
    noEmit: true,
    lib: ['es2023', 'dom', 'dom.iterable'],
    paths: {
      '@filmgate/client': [join(repository, 'packages/client/src/index.ts')],
      '@filmgate/client/proxy': [join(repository, 'packages/client/src/proxy.ts')],
    },
  },
}

let folder: string
let complaints: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'filmgate-types-'))
  const files: Record<string, string> = {
    'tsconfig.json': JSON.stringify(tsconfig),
    'package.json': '{ "type": "module" }',
    'uses.ts': uses,
    'whole.ts': handler(codes),
  }
  for (const code of codes) {
    files[`without-${code}.ts`] = handler(codes.filter((other) => other !== code))
  }
  for (const [at, block] of (await readmeBlocks()).entries()) files[`readme-${at}.ts`] = block
  await Promise.all(
    Object.entries(files).map(([name, text]) => writeFile(join(folder, name), text)),
  )
  complaints = await compile()
})
afterAll(() => rm(folder, { recursive: true }))

/** The TypeScript of the README, each block a program of its own. */
async function readmeBlocks(): Promise<string[]> {
  const text = await readFile(join(repository, 'packages/client/README.md'), 'utf8')
  const blocks = [...text.matchAll(/```ts\n(.*?)```/gs)].map((match) => match[1] ?? '')
  expect(blocks.length).toBeGreaterThan(4)
  return blocks
}

function compile(): Promise<string> {
  const tsc = join(repository, 'node_modules/typescript/bin/tsc')
  return new Promise((resolve) => {
    execFile(process.execPath, [tsc, '-p', folder, '--pretty', 'false'], (_error, stdout) =>
      resolve(stdout),
    )
  })
}

const complaintsAbout = (file: string): string[] =>
  complaints.split('\n').filter((line) => line.includes(`${file}(`))

test('a switch over all codes compiles', () => {
  expect(complaintsAbout('whole.ts')).toEqual([])
})

test('typed calls compile, and wrong ones do not', () => {
  expect(complaintsAbout('uses.ts')).toEqual([])
})

test('every program in the README compiles', () => {
  expect(complaints.split('\n').filter((line) => line.includes('readme-'))).toEqual([])
})

test('the client itself compiles where nothing of Node is known', () => {
  expect(complaints.split('\n').filter((line) => line.includes('packages/client'))).toEqual([])
})

test.each(codes)('a switch that forgets %s does not compile', (code) => {
  expect(complaintsAbout(`without-${code}.ts`).join()).toMatch(/TS1360.*'never'/)
})
