import { parseBrief } from './brief.ts'
import { createRandom, type Random } from './random.ts'

export const sampleRate = 48000

/** Left and right, each from -1 to 1 and never beyond 0.9. */
export type Stereo = readonly [Float32Array<ArrayBuffer>, Float32Array<ArrayBuffer>]

interface Mood {
  /** Steps of the scale, in semitones. */
  scale: readonly number[]
  root: number
  beatSeconds: number
  brightness: number
}

/** A soft pad and a plucked melody on a five-note scale: calm under any picture, the same for the same words and seed. */
export function synthesize(prompt: string, seed: number, samples: number): Stereo {
  const brief = parseBrief(prompt)
  const random = createRandom(`${seed} ${brief.caption}`).fork('sound')
  const isDark = brief.hour === 'night' || brief.weather === 'storm' || brief.weather === 'rain'
  const mood: Mood = {
    scale: isDark ? [0, 3, 5, 7, 10] : [0, 2, 4, 7, 9],
    root: 43 + Math.floor(random.between(0, 7)),
    beatSeconds: random.pick([0.375, 0.5, 0.42]),
    brightness: isDark ? 0.5 : 0.8,
  }
  const stereo: Stereo = [new Float32Array(samples), new Float32Array(samples)]
  addPad(stereo, mood, random)
  addMelody(stereo, mood, random)
  addEcho(stereo, mood.beatSeconds * 1.5)
  master(stereo)
  return stereo
}

function frequencyOf(note: number): number {
  return 440 * 2 ** ((note - 69) / 12)
}

function noteOf({ scale, root }: Mood, step: number): number {
  const octave = Math.floor(step / scale.length)
  return root + octave * 12 + (scale[step - octave * scale.length] ?? 0)
}

// Chords last two bars and overlap by a quarter of that, so that there is never a seam to hear.
function addPad(stereo: Stereo, mood: Mood, random: Random): void {
  const chordSamples = Math.round(mood.beatSeconds * 8 * sampleRate)
  const total = stereo[0].length
  for (let start = 0; start < total; start += chordSamples) {
    const step = random.pick([0, 2, 3, 4, 0])
    for (const [voice, offset] of [0, 2, 4, 7].entries()) {
      const frequency = frequencyOf(noteOf(mood, step + offset))
      addPadVoice(stereo, {
        frequency,
        start,
        length: Math.round(chordSamples * 1.25),
        pan: 0.25 + voice * 0.17,
      })
    }
  }
}

function addPadVoice(
  [left, right]: Stereo,
  {
    frequency,
    start,
    length,
    pan,
  }: { frequency: number; start: number; length: number; pan: number },
): void {
  const low = newTone(frequency * 0.9985)
  const high = newTone(frequency * 1.0015)
  const overtone = newTone(frequency * 2)
  const end = Math.min(left.length, start + length)
  for (let at = start; at < end; at++) {
    const share = (at - start) / length
    const level = Math.sin(Math.PI * share) ** 0.8 * 0.075
    const value = (low() + high() + overtone() * 0.22) * level
    left[at] = (left[at] ?? 0) + value * (1 - pan)
    right[at] = (right[at] ?? 0) + value * pan
  }
}

function addMelody(stereo: Stereo, mood: Mood, random: Random): void {
  const beat = mood.beatSeconds * sampleRate
  let step = 10 + Math.floor(random.between(0, 4))
  for (let at = 0; at < stereo[0].length; at += beat) {
    const plays = random.chance(at === 0 ? 1 : 0.68)
    step = Math.max(7, Math.min(16, step + random.pick([-2, -1, -1, 1, 1, 2, 0])))
    const pan = random.between(0.25, 0.75)
    if (plays)
      addPluck(stereo, {
        frequency: frequencyOf(noteOf(mood, step)),
        start: Math.round(at),
        pan,
        brightness: mood.brightness,
      })
  }
}

function addPluck(
  [left, right]: Stereo,
  {
    frequency,
    start,
    pan,
    brightness,
  }: { frequency: number; start: number; pan: number; brightness: number },
): void {
  const tone = newTone(frequency)
  const bell = newTone(frequency * 2.01)
  const glass = newTone(frequency * 3.02)
  const length = Math.round(sampleRate * 1.6)
  const end = Math.min(left.length, start + length)
  const fall = Math.exp(-1 / (sampleRate * 0.32))
  const quickFall = Math.exp(-1 / (sampleRate * 0.09))
  let level = 0.2
  let edge = 0.09 * brightness
  for (let at = start; at < end; at++) {
    const attack = Math.min(1, (at - start) / 240)
    const value = (tone() * level + bell() * edge + glass() * edge * 0.4) * attack
    level *= fall
    edge *= quickFall
    left[at] = (left[at] ?? 0) + value * (1 - pan)
    right[at] = (right[at] ?? 0) + value * pan
  }
}

// Two multiplications a sample instead of a sine: half a second less for a film of ten seconds.
function newTone(frequency: number): () => number {
  const factor = 2 * Math.cos((2 * Math.PI * frequency) / sampleRate)
  let last = 0
  let next = Math.sin((2 * Math.PI * frequency) / sampleRate)
  return () => {
    const value = last
    last = next
    next = factor * next - value
    return value
  }
}

function addEcho([left, right]: Stereo, seconds: number): void {
  const delay = Math.round(seconds * sampleRate)
  for (let at = delay; at < left.length; at++) {
    left[at] = (left[at] ?? 0) + (right[at - delay] ?? 0) * 0.26
    right[at] = (right[at] ?? 0) + (left[at - delay] ?? 0) * 0.22
  }
}

/** Fades both ends and brings the loudest sample to 0.7, well clear of clipping after AAC. */
function master([left, right]: Stereo): void {
  const length = left.length
  const rise = Math.min(sampleRate * 0.25, length / 4)
  const fall = Math.min(sampleRate * 0.8, length / 3)
  let peak = 1e-6
  for (let at = 0; at < length; at++) {
    const level = Math.min(1, at / rise, (length - 1 - at) / fall)
    left[at] = (left[at] ?? 0) * level
    right[at] = (right[at] ?? 0) * level
    peak = Math.max(peak, Math.abs(left[at] ?? 0), Math.abs(right[at] ?? 0))
  }
  const gain = 0.7 / peak
  for (let at = 0; at < length; at++) {
    left[at] = (left[at] ?? 0) * gain
    right[at] = (right[at] ?? 0) * gain
  }
}
