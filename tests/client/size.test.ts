import { gzipSync } from 'node:zlib'
import { fileURLToPath } from 'node:url'
import { rolldown } from 'rolldown'
import { expect, test } from 'vitest'

const entry = fileURLToPath(new URL('../../packages/client/src/index.ts', import.meta.url))

async function bundle(code: string): Promise<string> {
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
  expect(output).toHaveLength(1)
  return output[0].code
}

test('the whole client is below 8 KB minified and gzipped', async () => {
  const code = await bundle(`export * from ${JSON.stringify(entry)}`)
  const bytes = gzipSync(code, { level: 9 }).length
  console.log(`@filmgate/client: ${code.length} bytes minified, ${bytes} gzipped`)
  expect(bytes).toBeLessThan(8_192)
})

test('what is not used is left out', async () => {
  const code = await bundle(`export { isFilmgateError } from ${JSON.stringify(entry)}`)
  expect(code.length).toBeLessThan(400)
})

test('nothing is loaded from a runtime until a file is saved', async () => {
  const code = await bundle(`export * from ${JSON.stringify(entry)}`)
  expect(code).not.toMatch(/^import|from ?["']node:|require\(/m)
})
