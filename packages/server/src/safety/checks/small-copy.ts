import sharp from 'sharp'
import type { Asker, FairShare } from '../../fairness/fair-share.ts'
import { CheckUnavailable, type CheckedImage } from './check.ts'

const maxSide = 1024

/** A small JPEG for a checking service: it needs no more, and large ones are often refused. */
export async function toSmallJpeg(
  { bytes }: CheckedImage,
  asker: Asker,
  pictures: FairShare,
): Promise<Buffer> {
  const leave = await pictures.take(asker)
  try {
    return await sharp(bytes)
      .resize({ width: maxSide, height: maxSide, fit: 'inside', withoutEnlargement: true })
      .flatten({ background: 'white' })
      .jpeg({ quality: 85 })
      .toBuffer()
  } catch (cause) {
    throw new CheckUnavailable('the picture could not be read', { cause })
  } finally {
    leave()
  }
}
