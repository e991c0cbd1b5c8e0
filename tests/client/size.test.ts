import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { rolldown, type OutputChunk } from 'rolldown'
import { expect, test } from 'vitest'

const entry = fileURLToPath(new URL('../../packages/client/src/index.ts', import.meta.url))

/** What a page loads at first, and what only when it is wanted. */
interface Bundle {
  first: string
  later: string
}

async function bundle(code: string): Promise<Bundle> {
  const build = await rolldown({
    input: 'entry',
    platform: 'neutral',
    plugins: [
      {
        name: 'entry',
        resolveId: (id) => (id === 'entry' ? id : undefined),
        load: (id) => (id === 'entry' ? code : undefined),
      },
    ],
  })
  const { output } = await build.generate({ format: 'esm', minify: true })
  const chunks = output.filter((each): each is OutputChunk => each.type === 'chunk')
  const needed = new Set(chunks.filter(({ isEntry }) => isEntry).map(({ fileName }) => fileName))
  // Grows while it is walked, by what each chunk imports.
  for (const fileName of needed) {
    for (const name of chunks.find((each) => each.fileName === fileName)?.imports ?? []) {
      needed.add(name)
    }
  }
  const join = (isFirst: boolean): string =>
    chunks
      .filter(({ fileName }) => needed.has(fileName) === isFirst)
      .map((chunk) => chunk.code)
      .join('\n')
  return { first: join(true), later: join(false) }
}

test('what an import of the client pulls in is below 9 KB minified and gzipped', async () => {
  const { first, later } = await bundle(`export * from ${JSON.stringify(entry)}`)
  const [bytes, laterBytes] = [first, later].map((code) => gzipSync(code, { level: 9 }).length)
  console.log(
    `@filmgate/client: ${first.length} bytes minified, ${bytes} gzipped; ` +
      `with the first download or local image ${laterBytes} more`,
  )
  expect(bytes).toBeLessThan(9_216)
})

test('what is not used is left out', async () => {
  const { first } = await bundle(`export { isFilmgateError } from ${JSON.stringify(entry)}`)
  expect(first.length).toBeLessThan(400)
})

test('nothing is loaded from a runtime until a file is saved', async () => {
  const { first, later } = await bundle(`export * from ${JSON.stringify(entry)}`)
  expect(first + later).not.toMatch(/from ?["']node:|require\(/)
  expect(later).toContain('node:fs/promises')
})
