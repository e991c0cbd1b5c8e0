/** The configurations that the pages show are taken as they stand. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readConfigFile } from './load-config.ts'

const root = new URL('../../../../', import.meta.url)
const pages = [
  'README.md',
  ...['comfyui', 'fal', 'openai-compatible'].map(
    (adapter) => `packages/server/src/upstreams/${adapter}/README.md`,
  ),
]

const workflow = {
  3: { class_type: 'KSampler', inputs: { seed: '{{seed}}', latent_image: ['5', 0] } },
  5: { class_type: 'EmptyImage', inputs: { width: '{{width}}', height: '{{height}}' } },
  6: { class_type: 'CLIPTextEncode', inputs: { text: '{{prompt}}' } },
  9: { class_type: 'SaveImage', inputs: { images: ['3', 0] } },
}

const folder = mkdtempSync(join(tmpdir(), 'filmgate-documented-'))
beforeAll(() => {
  mkdirSync(join(folder, 'workflows'))
  writeFileSync(join(folder, 'workflows', 'house-style.json'), JSON.stringify(workflow))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

test.each(pages)('%s', (page) => {
  const text = readFileSync(new URL(page, root), 'utf8')
  const shown = [...text.matchAll(/```json\n(\{\s*"upstreams"[^]*?)```/g)].map(([, block]) => block)
  expect(shown.length).toBeGreaterThan(0)
  for (const block of shown) {
    const file = join(folder, 'filmgate.config.json')
    writeFileSync(file, String(block))
    expect(readConfigFile(file).models).toHaveLength(1)
  }
})
