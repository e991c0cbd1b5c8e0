import type { H264MP4Encoder } from 'h264-mp4-encoder'
import { BufferSource, EncodedPacketSink, Input, MP4 } from 'mediabunny'
import { recordDone, throwIfCancelled, type Control } from './control.ts'
import { newFrame } from './planar.ts'
import { shootFrame } from './shoot.ts'
import { framesPerSecond } from './spec.ts'
import type { Stage } from './stage.ts'

/** A run of H.264 packets, one a frame, as MP4 stores them; the first is a key frame. */
export interface EncodedRun {
  /** The decoder's configuration (avcC), the same for every run of a film. */
  description: Uint8Array
  bytes: Uint8Array
  sizes: number[]
  isKey: boolean[]
}

// Constant quality and no rate control: what a run looks like never depends on the runs before it, so
// they can be encoded in any order, on any thread, and joined to the same bytes.
const quantizer = 26

let loaded: Promise<() => Promise<H264MP4Encoder>> | undefined

/** Shoots and encodes the frames `from` up to, not including, `to`. */
export async function encodeFrames(
  stage: Stage,
  from: number,
  to: number,
  control: Control,
): Promise<EncodedRun> {
  loaded ??= import('h264-mp4-encoder').then(({ default: module }) => module.createH264MP4Encoder)
  const create = await loaded
  const encoder = await create()
  encoder.width = stage.width
  encoder.height = stage.height
  encoder.frameRate = framesPerSecond
  encoder.speed = 10
  encoder.quantizationParameter = quantizer
  encoder.groupOfPictures = to - from
  encoder.initialize()
  try {
    addFrames(encoder, stage, { from, to, control })
    return await readPackets(encoder.FS.readFile(encoder.outputFilename))
  } finally {
    // Every encoder of a thread shares one memory file system, and nothing else would empty it.
    encoder.FS.unlink(encoder.outputFilename)
    encoder.delete()
  }
}

function addFrames(
  encoder: H264MP4Encoder,
  stage: Stage,
  { from, to, control }: { from: number; to: number; control: Control },
): void {
  try {
    const frame = newFrame(stage.width, stage.height)
    for (let number = from; number < to; number++) {
      throwIfCancelled(control)
      shootFrame(stage, number, frame)
      encoder.addFrameYuv(frame.bytes)
      recordDone(control)
    }
  } finally {
    // Also when stopped half-way: deleting an encoder that was not finalized aborts the whole module.
    encoder.finalize()
  }
}

async function readPackets(file: Uint8Array): Promise<EncodedRun> {
  const input = new Input({ source: new BufferSource(file), formats: [MP4] })
  const track = await input.getPrimaryVideoTrack()
  const config = await track?.getDecoderConfig()
  if (!track || !config?.description) throw new Error('The H.264 encoder wrote no video track.')
  const packets: Uint8Array[] = []
  for await (const packet of new EncodedPacketSink(track).packets()) packets.push(packet.data)
  const bytes = new Uint8Array(packets.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const packet of packets) {
    bytes.set(packet, at)
    at += packet.length
  }
  return {
    description: copyOf(config.description),
    bytes,
    sizes: packets.map(({ length }) => length),
    isKey: packets.map(hasKeyFrame),
  }
}

function copyOf(source: ArrayBufferLike | ArrayBufferView): Uint8Array {
  const view = ArrayBuffer.isView(source)
    ? new Uint8Array(source.buffer, source.byteOffset, source.byteLength)
    : new Uint8Array(source)
  return new Uint8Array(view)
}

// The encoder's own file marks every frame as a place to start from; a player that believes it shows the wrong
// picture after a seek. Only a packet with an IDR slice (NAL type 5) is one.
function hasKeyFrame(packet: Uint8Array): boolean {
  const view = new DataView(packet.buffer, packet.byteOffset, packet.byteLength)
  for (let at = 0; at + 4 < packet.length; at += 4 + view.getUint32(at)) {
    if ((view.getUint8(at + 4) & 31) === 5) return true
  }
  return false
}
