import Type, { type Static } from 'typebox'
import {
  FailedGeneration,
  GenerationId,
  imageRoles,
  imageUrl,
  Instant,
  PendingGeneration,
  requestFields,
  Usage,
} from './common.ts'

/** File formats an image can be asked in. */
export const outputFormats = ['jpeg', 'png', 'webp'] as const
export type OutputFormat = (typeof outputFormats)[number]

/** Whether an image's address is the image itself; case does not matter in a scheme. */
export function isDataUrl(url: string): boolean {
  return url.slice(0, 5).toLowerCase() === 'data:'
}

/** Body of POST /v2/images/generations. */
export const CreateImageRequest = Type.Object(
  {
    ...requestFields,
    images: Type.Optional(
      Type.Array(
        Type.Object(
          { url: imageUrl, role: Type.Optional(Type.Enum(imageRoles)) },
          { additionalProperties: false },
        ),
        { maxItems: 8, description: 'Reference images, at most 8.' },
      ),
    ),
    output_format: Type.Optional(
      Type.Enum(outputFormats, { description: 'File format; jpeg when omitted.' }),
    ),
  },
  { additionalProperties: false },
)
export type CreateImageRequest = Static<typeof CreateImageRequest>

/** One finished picture. Width and height are measured from the file. */
export const ImageOutput = Type.Object(
  {
    url: Type.String({ description: 'Signed download link; needs no key.' }),
    width: Type.Integer({ minimum: 1 }),
    height: Type.Integer({ minimum: 1 }),
    mime_type: Type.String(),
    deletes_at: Instant,
  },
  { additionalProperties: false },
)

/** A finished image generation. */
export const CompletedImage = Type.Object(
  {
    id: GenerationId,
    status: Type.Enum(['completed']),
    model: Type.String(),
    data: Type.Array(ImageOutput, { minItems: 1 }),
    usage: Usage,
  },
  { additionalProperties: false },
)
export type CompletedImage = Static<typeof CompletedImage>

/** An image generation in any state. */
export const ImageGeneration = Type.Union([PendingGeneration, FailedGeneration, CompletedImage])
export type ImageGeneration = Static<typeof ImageGeneration>
