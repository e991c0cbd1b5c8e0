import { expect, test } from 'vitest'
import { nearest } from './nearest.ts'

const known = ['comfyui', 'fal', 'openai-compatible']

test.each([
  ['openai', 'openai-compatible'],
  ['opnai-compatible', 'openai-compatible'],
  ['ComfyUI', 'comfyui'],
  ['comfy', 'comfyui'],
  ['fall', 'fal'],
  ['replicate', undefined],
  ['x', undefined],
  ['', undefined],
])('for %j it is %j', (word, meant) => {
  expect(nearest(word, known)).toBe(meant)
})

test('the one with the fewest changes wins, and a long text is no matter', () => {
  expect(nearest('gpu-3', ['gpus', 'gpu-1', 'gpu-33'])).toBe('gpu-33')
  expect(nearest('x'.repeat(100_000), known)).toBe(undefined)
})
