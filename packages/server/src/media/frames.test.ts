import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import { afterAll, expect, test } from 'vitest'
import { FramesUnavailableError, hasFrameDecoder, takeFrames } from './frames.ts'

const hasFfmpeg = await hasFrameDecoder()
if (!hasFfmpeg)
  console.warn('SKIPPED: no picture was taken out of a film, because ffmpeg is absent.')
const run = test.skipIf(!hasFfmpeg)

const folder = mkdtempSync(join(tmpdir(), 'filmgate-frames-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Two seconds: red, then green, and blue for the very last frame; silence of some length. */
function makeFilm(fps: number, soundSeconds = 2): string {
  const path = join(folder, `${fps}-${soundSeconds}.mp4`)
  const frames = { red: fps, lime: fps - 1, blue: 1 }
  const inputs = Object.keys(frames).flatMap((color) => [
    '-f',
    'lavfi',
    '-i',
    `color=${color}:s=64x64:r=${fps}`,
  ])
  const sound = ['-f', 'lavfi', '-t', String(soundSeconds), '-i', 'anullsrc']
  const cuts = Object.values(frames).map(
    (count, index) => `[${index}]trim=end_frame=${count}[${index}v]`,
  )
  const graph = `${cuts.join(';')};[0v][1v][2v]concat=n=3[film]`
  const encode = ['-filter_complex', graph, '-map', '[film]', '-map', '3', '-pix_fmt', 'yuv420p']
  execFileSync('ffmpeg', ['-v', 'error', '-y', ...inputs, ...sound, ...encode, path])
  return path
}

async function nameOf(bytes: Uint8Array): Promise<string> {
  const { channels } = await sharp(bytes).stats()
  const strongest = channels.findIndex(({ mean }) => mean > 200)
  return ['red', 'green', 'blue'][strongest] ?? 'none'
}

run.each([2, 8, 24, 60])(
  'the first, the middle and the very last frame of a film of %d frames a second',
  async (fps) => {
    const frames = await takeFrames(makeFilm(fps))
    const colours = await Promise.all(frames.map(({ bytes }) => nameOf(bytes)))
    expect(colours).toEqual(['red', 'green', 'blue'])
  },
)

run('a film whose sound outlasts its pictures still shows its last one', async () => {
  const frames = await takeFrames(makeFilm(24, 4))
  expect(await nameOf(frames.at(-1)?.bytes ?? Buffer.of())).toBe('blue')
})

test('what is no film cannot be looked at, and that is told from other faults', async () => {
  const path = join(folder, 'no-film.mp4')
  writeFileSync(path, 'not a film')
  await expect(takeFrames(path)).rejects.toThrow(FramesUnavailableError)
})
