import { expect, test } from 'vitest'
import { layOutLettering } from './caption.ts'

const sizes = [
  [256, 256],
  [1024, 1024],
  [1344, 768],
  [768, 1344],
  [1152, 896],
  [896, 1152],
  [1216, 832],
  [1536, 640],
  [640, 1536],
  [256, 4096],
  [4096, 256],
  [4096, 4096],
] as const

const prompts = [
  'a cat',
  'a very long prompt that goes on and on '.repeat(40),
  'Unbreakable'.repeat(60),
  '狐'.repeat(300),
  '🦊🐻🐼 '.repeat(80),
]

test('pill and caption stay inside the picture at every size, whatever the prompt', () => {
  for (const [width, height] of sizes) {
    for (const prompt of prompts) {
      const { pill, caption, lines, fontSize } = layOutLettering(prompt, width, height)
      for (const box of [pill, caption]) {
        expect(box.x).toBeGreaterThanOrEqual(0)
        expect(box.y).toBeGreaterThanOrEqual(0)
        expect(box.x + box.width).toBeLessThanOrEqual(width)
        expect(box.y + box.height).toBeLessThanOrEqual(height)
      }
      expect(caption.y).toBeGreaterThan(pill.y + pill.height)
      for (const line of lines) expect(line.width).toBeLessThanOrEqual(caption.width)
      expect(lines.length).toBeLessThanOrEqual(3)
      expect(fontSize).toBeGreaterThanOrEqual(11)
    }
  }
})

test('a prompt that does not fit ends in an ellipsis, one that fits does not', () => {
  const lastOf = (prompt: string) =>
    layOutLettering(prompt, 512, 512).lines.at(-1)?.tokens.at(-1)?.token
  expect(lastOf('word '.repeat(200))).toEqual({ text: '…' })
  expect(lastOf('three short words')).toEqual({ text: 'words' })
})

test('letters the font lacks become plain bars and known emoji their own drawing', () => {
  const [line] = layOutLettering('fox 狐 🦊 Привет', 1024, 1024).lines
  expect(line?.tokens.map(({ token }) => token)).toEqual([
    { text: 'fox' },
    { blank: 1 },
    { icon: 'fox' },
    { text: 'Привет' },
  ])
})
