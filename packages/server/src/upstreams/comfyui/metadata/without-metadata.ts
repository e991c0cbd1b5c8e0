/**
 * ComfyUI writes the whole workflow, with the prompt and whatever else stands in it, into each file that it
 * saves: text chunks of a PNG, Exif of a WebP, tags of a film. It is the operator's and nobody
 * else's, so it is taken out while the file streams. What is not understood passes as it is, and
 * measuring tells what it is worth.
 */
import { ByteReader } from './byte-reader.ts'
import { withoutSegments } from './jpeg.ts'
import { withoutTags } from './matroska.ts'
import { withoutUserData } from './mp4.ts'
import { withoutTexts } from './png.ts'
import { withoutExif } from './webp.ts'

/** The same file without texts about it. Ends its source whenever it ends. */
export async function* withoutMetadata(
  file: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  const reader = new ByteReader(file)
  try {
    yield* filterOf(await reader.peek(12))(reader)
  } finally {
    await reader.close()
  }
}

function filterOf(start: Buffer): (reader: ByteReader) => AsyncGenerator<Uint8Array> {
  if (start.toString('latin1', 0, 8) === '\x89PNG\r\n\x1A\n') return withoutTexts
  if (start.toString('latin1', 0, 2) === '\xFF\xD8') return withoutSegments
  const [container, form] = [start.toString('latin1', 0, 4), start.toString('latin1', 8, 12)]
  if (container === 'RIFF' && form === 'WEBP') return withoutExif
  if (container === '\x1A\x45\xDF\xA3') return withoutTags
  if (start.toString('latin1', 4, 8) === 'ftyp') return withoutUserData
  return (reader) => reader.rest()
}
