import { registerAacEncoder } from '@mediabunny/aac-encoder'
import { AudioSample, AudioSampleSource, BufferTarget, Mp4OutputFormat, Output } from 'mediabunny'
import { countFrames, framesPerSecond } from './spec.ts'
import { sampleRate, synthesize } from './synth.ts'

let isRegistered = false

/** The film's sound as an MP4 of its own, whose packets the muxer takes over. */
export async function encodeSound(
  prompt: string,
  seed: number,
  durationSeconds: number,
): Promise<Uint8Array> {
  if (!isRegistered) registerAacEncoder()
  isRegistered = true
  const [left, right] = synthesize(prompt, seed, countSamples(durationSeconds))
  const output = new Output({
    format: new Mp4OutputFormat({ fastStart: 'in-memory' }),
    target: new BufferTarget(),
  })
  const source = new AudioSampleSource({ codec: 'aac', bitrate: 128_000 })
  output.addAudioTrack(source)
  await output.start()
  const data = new Float32Array(left.length * 2)
  data.set(left)
  data.set(right, left.length)
  const sample = new AudioSample({
    data,
    format: 'f32-planar',
    numberOfChannels: 2,
    sampleRate,
    timestamp: 0,
  })
  await source.add(sample)
  sample.close()
  await output.finalize()
  if (output.target.buffer === null) throw new Error('The AAC encoder wrote nothing.')
  return new Uint8Array(output.target.buffer)
}

// AAC comes in blocks of 1024 and the encoder adds two blocks of its own. Without leaving room for them the sound
// would outlast the picture by 35 ms, and the file would claim the longer of the two as its duration.
function countSamples(durationSeconds: number): number {
  const exact = (countFrames(durationSeconds) / framesPerSecond) * sampleRate
  return Math.max(1, Math.floor((exact - 2048) / 1024)) * 1024
}
