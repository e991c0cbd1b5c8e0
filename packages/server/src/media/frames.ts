import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** Longer side of a frame, enough for any classifier. */
const frameSide = 512
const timeoutMs = 20_000
const maxFrameBytes = 8 * 1024 * 1024

/** No pictures could be taken out of a film: ffmpeg is absent, or cannot read it. */
export class FramesUnavailableError extends Error {
  override readonly name = 'FramesUnavailableError'
}

/** Whether this machine has the decoder that taking frames needs. */
export async function hasFrameDecoder(): Promise<boolean> {
  try {
    await run('ffmpeg', ['-version'], { timeout: timeoutMs })
    return true
  } catch {
    return false
  }
}

/**
 * The first, the middle and the very last picture of a film, as PNG. Needs ffmpeg on the PATH;
 * throws FramesUnavailableError.
 */
export async function takeFrames(path: string): Promise<{ bytes: Uint8Array; mimeType: string }[]> {
  try {
    const last = await findLastFrame(path)
    return await Promise.all(
      [0, last / 2, last].map(async (instant) => ({
        bytes: await takeFrame(path, instant),
        mimeType: 'image/png',
      })),
    )
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new FramesUnavailableError(`no picture could be taken out of the film: ${why}`, { cause })
  }
}

/**
 * An instant within which the last picture is the next one to begin, in seconds after the first.
 * The duration of the file would not tell: its sound may go on when the pictures have ended.
 */
async function findLastFrame(path: string): Promise<number> {
  const { ALL_FORMATS, EncodedPacketSink, FilePathSource, Input } = await import('mediabunny')
  const input = new Input({ source: new FilePathSource(path), formats: ALL_FORMATS })
  try {
    const track = await input.getPrimaryVideoTrack()
    const last = track && (await new EncodedPacketSink(track).getPacket(Number.MAX_SAFE_INTEGER))
    if (!last) throw new Error('it has no pictures')
    // A seek finds the first picture that begins at or after the instant, so it aims a little before.
    const start = await track.getFirstTimestamp()
    return Math.max(0, last.timestamp - start - last.duration / 2)
  } finally {
    input.dispose()
  }
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
  if (stdout.byteLength === 0) throw new Error(`there is none at ${seconds.toFixed(3)} s`)
  return stdout
}
