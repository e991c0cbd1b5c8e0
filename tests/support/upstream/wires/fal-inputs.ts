import type { Wanted } from '../jobs.ts'
import { isObject } from './wire.ts'

/** What a model's input asks for. Every model has fields of its own; these are the usual ones. */
export function toWanted(path: string[], input: Record<string, unknown>): Wanted {
  const isFilm =
    /video|film|veo|kling|wan|luma/.test(path.join('/')) ||
    input['duration'] !== undefined ||
    input['generate_audio'] !== undefined
  const format = input['output_format']
  return {
    kind: isFilm ? 'film' : 'image',
    count: Number(input['num_images'] ?? 1),
    ...sizeOf(input),
    format: format === 'png' || format === 'webp' ? format : 'jpeg',
    sound: input['generate_audio'] !== false,
  }
}

const sizes: Record<string, [number, number]> = {
  square_hd: [1024, 1024],
  square: [512, 512],
  portrait_4_3: [768, 1024],
  portrait_16_9: [576, 1024],
  landscape_4_3: [1024, 768],
  landscape_16_9: [1024, 576],
}

function sizeOf(input: Record<string, unknown>): { width: number; height: number } {
  const size = input['image_size']
  if (isObject(size)) return { width: Number(size['width']), height: Number(size['height']) }
  const [width, height] = sizes[String(size)] ?? byRatio(String(input['aspect_ratio']))
  return { width, height }
}

function byRatio(ratio: string): [number, number] {
  const [, across, down] = /^(\d+):(\d+)$/.exec(ratio) ?? []
  const [x, y] = [Number(across), Number(down)]
  if (!(x > 0 && y > 0)) return [512, 512]
  const long = 1024 / Math.max(x, y)
  return [Math.round(x * long), Math.round(y * long)]
}
