import {
  InvalidArgumentError,
  type Experimental_VideoModelV4File as VideoModelV4File,
  type ImageModelV4File,
} from '@ai-sdk/provider'
import type { VideoParams } from '@filmgate/client'

/** A reference image as the client takes it. */
export type ReferenceImage = NonNullable<VideoParams['images']>[number]

/** A file as a reference image. Web addresses are fetched by the server, and bytes travel in the request. */
export function toReference(
  file: ImageModelV4File | VideoModelV4File,
  role: ReferenceImage['role'],
): ReferenceImage {
  if (file.type === 'url') return { url: checkedAddress(file.url), role }
  const { data, mediaType } = file
  if (typeof data === 'string') return { url: `data:${mediaType};base64,${data}`, role }
  // Without types it may be anything; the client would read the file that a URL names.
  if (data instanceof Uint8Array) return { url: data, role }
  const message = 'The data of a reference image must be its bytes, as a Uint8Array or in base64.'
  throw new InvalidArgumentError({ argument: 'data', message })
}

/**
 * Whether a string is the address of an image. The client takes paths of local files as well, but
 * what reaches a provider may have been written by anybody.
 */
export function isAddress(url: unknown): url is string {
  return typeof url === 'string' && /^(https?|data):/i.test(url)
}

/** The body with its images' own bytes left out, for errors and logs. */
export function withoutBytes(body: { images?: { url: unknown }[] | undefined }): object {
  if (!body.images) return body
  return { ...body, images: body.images.map((image) => ({ ...image, url: shortened(image.url) })) }
}

function checkedAddress(url: string): string {
  if (isAddress(url)) return url
  const message = 'The address of a reference image must begin with http(s): or data:.'
  throw new InvalidArgumentError({ argument: 'url', message })
}

function shortened(url: unknown): unknown {
  if (url instanceof Uint8Array) return `(${url.length} bytes)`
  if (typeof url !== 'string' || !/^data:/i.test(url)) return url
  return `${url.slice(0, 40)}… (${url.length} characters)`
}
