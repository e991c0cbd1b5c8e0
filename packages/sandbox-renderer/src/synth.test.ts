import { expect, test } from 'vitest'
import { synthesize } from './synth.ts'

const samples = 48_000 * 4

test('the sound is the same for the same words and seed, and another for another seed', () => {
  const bytes = (seed: number) => Buffer.from(synthesize('a quiet sea', seed, samples)[0].buffer)
  expect(bytes(1).equals(bytes(1))).toBe(true)
  expect(bytes(1).equals(bytes(2))).toBe(false)
})

test('the sound never clips, starts and ends in silence, and is no noise', () => {
  for (const seed of [0, 1, 2, Number.MAX_SAFE_INTEGER]) {
    for (const channel of synthesize('rain at night', seed, samples)) {
      let peak = 0
      let energy = 0
      let jump = 0
      channel.forEach((value, at) => {
        peak = Math.max(peak, Math.abs(value))
        energy += value * value
        jump += (value - (channel[at - 1] ?? 0)) ** 2
      })
      expect(peak).toBeLessThanOrEqual(0.71)
      expect(Math.sqrt(energy / samples)).toBeGreaterThan(0.02)
      // White noise moves by twice its own energy from sample to sample; tones hardly move.
      expect(jump / energy).toBeLessThan(0.05)
      expect(Math.abs(channel[0] ?? 1)).toBeLessThan(1e-6)
      expect(Math.abs(channel.at(-1) ?? 1)).toBeLessThan(1e-6)
    }
  }
})
