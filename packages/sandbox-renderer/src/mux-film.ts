import {
  BufferSource,
  BufferTarget,
  EncodedAudioPacketSource,
  EncodedPacket,
  EncodedPacketSink,
  EncodedVideoPacketSource,
  Input,
  MP4,
  Mp4OutputFormat,
  Output,
} from 'mediabunny'
import type { EncodedRun } from './encode-frames.ts'
import { framesPerSecond } from './spec.ts'

export interface FilmParts {
  width: number
  height: number
  /** In order; together all frames of the film. */
  runs: EncodedRun[]
  /** MP4 with one AAC track. */
  sound?: Uint8Array
}

/** Joins the parts to an MP4 whose index comes first, so that it plays while it loads. */
export async function muxFilm({ width, height, runs, sound }: FilmParts): Promise<Uint8Array> {
  const output = new Output({
    format: new Mp4OutputFormat({ fastStart: 'in-memory' }),
    target: new BufferTarget(),
  })
  const video = new EncodedVideoPacketSource('avc')
  output.addVideoTrack(video, { frameRate: framesPerSecond })
  const audio = sound === undefined ? undefined : new EncodedAudioPacketSource('aac')
  if (audio !== undefined) output.addAudioTrack(audio)
  await output.start()
  await Promise.all([
    addFrames(video, { width, height, runs }),
    audio === undefined || sound === undefined ? undefined : addSound(audio, sound),
  ])
  await output.finalize()
  if (output.target.buffer === null) throw new Error('The muxer wrote nothing.')
  const file = new Uint8Array(output.target.buffer)
  clearTimes(file, 0, file.length)
  return file
}

async function addFrames(
  source: EncodedVideoPacketSource,
  { width, height, runs }: FilmParts,
): Promise<void> {
  const first = runs[0]
  if (first === undefined) throw new Error('A film needs at least one frame.')
  const [, profile = 66, flags = 192, level = 40] = first.description
  const hex = (value: number) => value.toString(16).padStart(2, '0')
  const decoderConfig: VideoDecoderConfig = {
    codec: `avc1.${hex(profile)}${hex(flags)}${hex(level)}`,
    codedWidth: width,
    codedHeight: height,
    description: first.description,
    // Without it a player guesses from the height, and shows a 480-line film in other colours than a 720-line one.
    colorSpace: { primaries: 'bt709', transfer: 'bt709', matrix: 'bt709', fullRange: false },
  }
  let number = 0
  for (const { bytes, sizes, isKey } of runs) {
    let at = 0
    for (const [index, size] of sizes.entries()) {
      const type = isKey[index] === true ? 'key' : 'delta'
      const packet = new EncodedPacket(
        bytes.subarray(at, at + size),
        type,
        number / framesPerSecond,
        1 / framesPerSecond,
      )
      await source.add(packet, { decoderConfig })
      at += size
      number++
    }
  }
  source.close()
}

async function addSound(source: EncodedAudioPacketSource, file: Uint8Array): Promise<void> {
  const input = new Input({ source: new BufferSource(file), formats: [MP4] })
  const track = await input.getPrimaryAudioTrack()
  const decoderConfig = await track?.getDecoderConfig()
  if (!track || !decoderConfig) throw new Error('The sound has no audio track.')
  for await (const packet of new EncodedPacketSink(track).packets())
    await source.add(packet, { decoderConfig })
  source.close()
}

const containers = new Set(['moov', 'trak', 'mdia'])
const stamped = new Set(['mvhd', 'tkhd', 'mdhd'])

/** The muxer notes the time of day; with it, two renderings of one film would differ in a few bytes. */
function clearTimes(file: Uint8Array, from: number, to: number): void {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength)
  for (let at = from; at + 8 <= to;) {
    const size = view.getUint32(at)
    const name = String.fromCharCode(...file.subarray(at + 4, at + 8))
    if (containers.has(name)) clearTimes(file, at + 8, at + size)
    if (stamped.has(name)) file.fill(0, at + 12, at + 12 + (file[at + 8] === 1 ? 16 : 8))
    // 0 and 1 stand for "to the end" and a 64-bit size; both occur only in the media data, after the index.
    if (size < 8) return
    at += size
  }
}
