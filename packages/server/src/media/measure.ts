import { fileTypeFromFile } from 'file-type'
import sharp from 'sharp'
import type { GenerationType } from '../contract/generations.ts'

/** What a file is, told by its content and never by its name or by what was asked for. */
export interface Measured {
  mimeType: string
  width: number
  height: number
  /** Milliseconds; videos only, else null. */
  durationMs: number | null
  /** Videos only, else null. */
  fps: number | null
  /** Videos only, else null. */
  hasSound: boolean | null
}

/** The file is no usable picture or film of the kind that was asked for. */
export class UnusableFileError extends Error {
  override readonly name = 'UnusableFileError'
}

const imageTypes = new Set(['image/png', 'image/jpeg', 'image/webp'])
const videoTypes = new Set(['video/mp4', 'video/quicktime', 'video/webm'])

/** Measures a file; throws UnusableFileError for a page of HTML, a cut film, an empty file and the like. */
export async function measure(path: string, type: GenerationType): Promise<Measured> {
  const found = await fileTypeFromFile(path)
  const allowed = type === 'image' ? imageTypes : videoTypes
  if (found === undefined || !allowed.has(found.mime)) {
    throw new UnusableFileError(
      `not ${type === 'image' ? 'an image' : 'a video'}: ${found?.mime ?? 'unknown content'}`,
    )
  }
  const mimeType = found.mime
  return type === 'image'
    ? { mimeType, ...(await measureImage(path)) }
    : { mimeType, ...(await measureVideo(path)) }
}

/** What the name of a file of a measured type ends with, without a dot. */
export function extensionOf(mimeType: string): string {
  return mimeType === 'video/quicktime' ? 'mov' : (mimeType.split('/')[1] ?? 'bin')
}

async function measureImage(path: string): Promise<Omit<Measured, 'mimeType'>> {
  try {
    const image = sharp(path, { failOn: 'truncated' })
    const { width, height } = await image.metadata()
    // Metadata stands at the front; only decoding tells a whole file from one cut in the middle.
    await image.resize(32, 32, { fit: 'fill' }).raw().toBuffer()
    return { width, height, durationMs: null, fps: null, hasSound: null }
  } catch (error) {
    throw new UnusableFileError('a damaged image', { cause: error })
  }
}

async function measureVideo(path: string): Promise<Omit<Measured, 'mimeType'>> {
  // Loaded with the first film, which keeps the start and the idle memory small.
  const { ALL_FORMATS, EncodedPacketSink, FilePathSource, Input } = await import('mediabunny')
  const input = new Input({ source: new FilePathSource(path), formats: ALL_FORMATS })
  try {
    const track = await input.getPrimaryVideoTrack()
    if (track === null) throw new UnusableFileError('a video without pictures')
    // A film that was cut off still has its index; asking for the last packet finds out. Every
    // track is asked, because the sound may lie behind all the pictures.
    for (const each of [track, ...(await input.getAudioTracks())]) {
      const last = await new EncodedPacketSink(each).getPacket(Number.MAX_SAFE_INTEGER)
      if (last === null) throw new UnusableFileError('a video that was cut off')
    }
    const { averagePacketRate } = await track.computePacketStats(100)
    return {
      width: track.displayWidth,
      height: track.displayHeight,
      durationMs: Math.round((await input.computeDuration()) * 1000),
      fps: toUsualRate(averagePacketRate),
      hasSound: (await input.getPrimaryAudioTrack()) !== null,
    }
  } catch (error) {
    if (error instanceof UnusableFileError) throw error
    throw new UnusableFileError('a damaged video', { cause: error })
  } finally {
    input.dispose()
  }
}

// Rates computed from time stamps come out as 23.9999; a film is made at one of these.
const usualRates = [23.976, 24, 25, 29.97, 30, 48, 50, 59.94, 60]

function toUsualRate(rate: number): number {
  return usualRates.find((usual) => Math.abs(usual - rate) < 0.01) ?? Math.round(rate * 1000) / 1000
}
