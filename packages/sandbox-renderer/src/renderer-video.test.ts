import { BufferSource, EncodedPacketSink, Input, MP4 } from 'mediabunny'
import { afterAll, expect, test } from 'vitest'
import { createRenderer, type VideoSpec } from './renderer.ts'

const renderer = createRenderer({ threads: 2 })
afterAll(() => renderer.close())

const base: VideoSpec = {
  prompt: 'a sailing boat on the sea at sunset',
  seed: 1,
  width: 426,
  height: 240,
  durationSeconds: 2,
  sound: true,
  references: [],
}

async function probe(file: Uint8Array) {
  const input = new Input({ source: new BufferSource(file), formats: [MP4] })
  const video = await input.getPrimaryVideoTrack()
  const audio = await input.getPrimaryAudioTrack()
  if (video === null) throw new Error('no video track')
  const packets: { isKey: boolean; hasIdr: boolean; timestamp: number; duration: number }[] = []
  for await (const packet of new EncodedPacketSink(video).packets()) {
    packets.push({
      isKey: packet.type === 'key',
      hasIdr: nalTypes(packet.data).includes(5),
      timestamp: packet.timestamp,
      duration: packet.duration,
    })
  }
  return { input, video, audio, packets }
}

function nalTypes(packet: Uint8Array): number[] {
  const view = new DataView(packet.buffer, packet.byteOffset, packet.byteLength)
  const types: number[] = []
  for (let at = 0; at + 4 < packet.length; at += 4 + view.getUint32(at))
    types.push(view.getUint8(at + 4) & 31)
  return types
}

function boxNames(file: Uint8Array): string[] {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength)
  const names: string[] = []
  for (let at = 0; at + 8 <= file.length; at += Math.max(8, view.getUint32(at))) {
    names.push(String.fromCharCode(...file.subarray(at + 4, at + 8)))
  }
  return names
}

test('a film has exactly its size, frames and duration, with and without sound', async () => {
  for (const sound of [true, false]) {
    for (const durationSeconds of [1, 2, 5]) {
      const file = await renderer.video({ ...base, durationSeconds, sound })
      const { input, video, audio, packets } = await probe(file)
      expect([video.displayWidth, video.displayHeight, video.codec]).toEqual([
        base.width,
        base.height,
        'avc',
      ])
      expect(packets).toHaveLength(durationSeconds * 24)
      packets.forEach(({ timestamp, duration }, number) => {
        expect(timestamp).toBeCloseTo(number / 24, 4)
        expect(duration).toBeCloseTo(1 / 24, 4)
      })
      expect(await input.computeDuration()).toBe(durationSeconds)
      expect((await video.computePacketStats()).averagePacketRate).toBeCloseTo(24, 3)
      expect(audio === null).toBe(!sound)
      if (audio === null) continue
      expect([audio.codec, audio.sampleRate, audio.numberOfChannels]).toEqual(['aac', 48_000, 2])
      expect(await audio.computeDuration()).toBeLessThanOrEqual(durationSeconds)
      expect(await audio.computeDuration()).toBeGreaterThan(durationSeconds - 0.1)
    }
  }
})

test('a frame is marked as a key frame exactly if it is one, so that seeks are exact', async () => {
  const { packets } = await probe(await renderer.video({ ...base, durationSeconds: 5 }))
  for (const { isKey, hasIdr } of packets) expect(isKey).toBe(hasIdr)
  expect(packets[0]?.isKey).toBe(true)
  const keys = packets.filter(({ isKey }) => isKey).length
  expect(keys).toBeGreaterThan(3)
  expect(keys).toBeLessThan(20)
})

test('the index comes before the pictures, so that a film plays while it loads', async () => {
  const names = boxNames(await renderer.video({ ...base, durationSeconds: 1 }))
  expect(names.indexOf('moov')).toBeGreaterThan(-1)
  expect(names.indexOf('moov')).toBeLessThan(names.indexOf('mdat'))
})

test('the same specification gives the same bytes, at another time and on another number of threads', async () => {
  const first = await renderer.video(base)
  const other = createRenderer({ threads: 1 })
  const [again, alone] = await Promise.all([renderer.video(base), other.video(base)])
  await other.close()
  expect(Buffer.compare(again, first)).toBe(0)
  expect(Buffer.compare(alone, first)).toBe(0)
  expect(Buffer.compare(await renderer.video({ ...base, seed: 2 }), first)).not.toBe(0)
})

test('odd scenes, tall pictures and the shortest film are encoded', async () => {
  for (const spec of [
    { prompt: 'snow over a castle, dragon, night', width: 256, height: 456, durationSeconds: 1 },
    { prompt: '', width: 560, height: 240, durationSeconds: 1 },
    { prompt: 'underwater turtle', width: 240, height: 240, durationSeconds: 1 },
    { prompt: 'tea on a table', width: 320, height: 240, durationSeconds: 1 / 24 },
  ]) {
    const { packets } = await probe(await renderer.video({ ...base, sound: false, ...spec }))
    expect(packets).toHaveLength(Math.round(spec.durationSeconds * 24))
  }
})

test('an odd size is refused before it reaches the encoder', async () => {
  await expect(renderer.video({ ...base, width: 425 })).rejects.toThrow('even sides')
})

test('progress rises from 0 to 1', async () => {
  const seen: number[] = []
  await renderer.video(
    { ...base, width: 854, height: 480 },
    { onProgress: (fraction) => seen.push(fraction) },
  )
  expect(seen[0]).toBe(0)
  expect(seen.at(-1)).toBe(1)
  expect(seen.length).toBeGreaterThan(2)
  expect(seen).toEqual(seen.toSorted((a, b) => a - b))
})

test('an aborted film stops its threads long before it would be done, and the next one is drawn', async () => {
  const stop = new AbortController()
  const film = renderer.video(
    { ...base, width: 1280, height: 720, durationSeconds: 30 },
    {
      signal: stop.signal,
      onProgress: (fraction) => fraction > 0.01 && stop.abort(new Error('enough')),
    },
  )
  await expect(film).rejects.toThrow('enough')
  const { packets } = await probe(await renderer.video({ ...base, durationSeconds: 1 }))
  expect(packets).toHaveLength(24)
}, 30_000)

test('closing in the middle of a film rejects it and ends every thread', async () => {
  const other = createRenderer({ threads: 2 })
  const film = other.video({ ...base, width: 1280, height: 720, durationSeconds: 30 })
  const lost = expect(film).rejects.toThrow('closed')
  await renderer.video({ ...base, durationSeconds: 1 })
  await other.close()
  await lost
}, 30_000)
