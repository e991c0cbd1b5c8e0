import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** Longer side of a frame, enough for any classifier. */
const frameSide = 512
const timeoutMs = 20_000
const maxFrameBytes = 8 * 1024 * 1024

/** Whether this machine has the decoder that taking frames needs. */
export async function hasFrameDecoder(): Promise<boolean> {
  try {
    await run('ffmpeg', ['-version'], { timeout: timeoutMs })
    return true
  } catch {
    return false
  }
}

/** The first, the middle and the last picture of a film, as PNG. Needs ffmpeg on the PATH. */
export async function takeFrames(
  path: string,
  durationMs: number,
): Promise<{ bytes: Uint8Array; mimeType: string }[]> {
  const instants = [0, durationMs / 2, Math.max(0, durationMs - 100)]
  return Promise.all(
    instants.map(async (instant) => ({
      bytes: await takeFrame(path, instant / 1000),
      mimeType: 'image/png',
    })),
  )
}

async function takeFrame(path: string, seconds: number): Promise<Uint8Array> {
  // Only the named local file may be opened, whatever the film's own index refers to.
  const input = ['-protocol_whitelist', 'file,pipe', '-ss', seconds.toFixed(3), '-i', path]
  const scale = `scale='min(${frameSide},iw)':-2`
  const output = ['-frames:v', '1', '-vf', scale, '-f', 'image2pipe', '-c:v', 'png', '-']
  const { stdout } = await run('ffmpeg', ['-v', 'error', '-nostdin', ...input, ...output], {
    encoding: 'buffer',
    timeout: timeoutMs,
    maxBuffer: maxFrameBytes,
  })
  return stdout
}
