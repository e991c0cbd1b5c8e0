import { expect, test } from 'vitest'
import { layTurned, layUpright, type Mapping, type Window } from './blend.ts'
import { newArena, newFrame, planarBytes, toPlanar } from './planar.ts'

const size = 64

function disc() {
  const rgba = new Uint8Array(size * size * 4)
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      const alpha = Math.max(0, Math.min(255, (24 - Math.hypot(x - 32, y - 32)) * 40))
      rgba.set([alpha, alpha * 0.5, alpha * 0.2, alpha], (y * size + x) * 4)
    }
  }
  return toPlanar(rgba, size, size, newArena(planarBytes(size, size)))
}

function grey() {
  const frame = newFrame(96, 96)
  frame.luma.fill(90)
  frame.blue.fill(128)
  frame.red.fill(128)
  return frame
}

const window: Window = { left: 10, top: 8, right: 74, bottom: 72 }

test('the fast path for upright sheets gives the same frame as the general one, at whole and broken positions', () => {
  for (const [fx, fy] of [
    [0, 0],
    [0.5, 0],
    [0.25, 0.75],
  ] as const) {
    const map: Mapping = {
      x: fx * 65536,
      y: fy * 65536,
      xByX: 65536,
      yByX: 0,
      xByY: 0,
      yByY: 65536,
    }
    const upright = grey()
    layUpright(upright, disc(), map, window, { byRow: new Int16Array(96).fill(-1), order: 0 })
    const turned = grey()
    layTurned(turned, disc(), map, window, 256)
    const worst = upright.bytes.reduce(
      (most, value, at) => Math.max(most, Math.abs(value - (turned.bytes[at] ?? 0))),
      0,
    )
    expect(worst).toBeLessThanOrEqual(1)
  }
})

test('where a sheet is empty or faded out the frame keeps its exact values', () => {
  const frame = grey()
  const map: Mapping = { x: 0, y: 0, xByX: 65536, yByX: 0, xByY: 0, yByY: 65536 }
  layTurned(frame, disc(), map, window, 0)
  expect(frame.bytes).toEqual(grey().bytes)
  layUpright(frame, disc(), map, window, { byRow: new Int16Array(96).fill(-1), order: 0 })
  expect(frame.luma[0]).toBe(90)
  expect(frame.luma[8 * 96 + 10]).toBe(90)
  expect(frame.luma[40 * 96 + 42]).not.toBe(90)
})

test('rows that a nearer sheet covers are not drawn', () => {
  const frame = grey()
  const map: Mapping = { x: 0, y: 0, xByX: 65536, yByX: 0, xByY: 0, yByY: 65536 }
  layUpright(frame, disc(), map, window, { byRow: new Int16Array(96).fill(3), order: 2 })
  expect(frame.bytes).toEqual(grey().bytes)
})
