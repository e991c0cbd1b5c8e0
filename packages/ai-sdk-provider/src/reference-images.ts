import type {
  Experimental_VideoModelV4File as VideoModelV4File,
  ImageModelV4File,
} from '@ai-sdk/provider'
import type { VideoParams } from '@filmgate/client'

/** A reference image as the API takes it. */
export type ReferenceImage = NonNullable<VideoParams['images']>[number]

/** A file as a reference image. URLs are fetched by the server, and bytes travel in the request. */
export function toReference(
  file: ImageModelV4File | VideoModelV4File,
  role: ReferenceImage['role'],
): ReferenceImage {
  return { url: file.type === 'url' ? file.url : dataUrl(file.mediaType, file.data), role }
}

/** The body with its images' own bytes left out, for errors and logs. */
export function withoutBytes<T extends { images?: { url: string }[] }>(body: T): T {
  if (!body.images) return body
  const images = body.images.map((image) =>
    image.url.startsWith('data:')
      ? { ...image, url: `${image.url.slice(0, 40)}… (${image.url.length} characters)` }
      : image,
  )
  return { ...body, images }
}

function dataUrl(mediaType: string, data: string | Uint8Array): string {
  return `data:${mediaType};base64,${typeof data === 'string' ? data : toBase64(data)}`
}

// In parts, since a call takes only so many arguments.
function toBase64(bytes: Uint8Array): string {
  let text = ''
  for (let at = 0; at < bytes.length; at += 8_192) {
    text += String.fromCharCode(...bytes.subarray(at, at + 8_192))
  }
  return btoa(text)
}
