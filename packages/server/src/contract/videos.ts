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

/** Body of POST /v2/videos/generations. */
export const CreateVideoRequest = Type.Object(
  {
    ...requestFields,
    images: Type.Optional(
      Type.Array(
        Type.Object(
          { url: imageUrl, role: Type.Enum(imageRoles) },
          { additionalProperties: false },
        ),
        { maxItems: 8, description: 'Reference images with their roles, at most 8.' },
      ),
    ),
    duration: Type.Optional(
      Type.Integer({
        description: 'Length in whole seconds; the model lists the lengths it supports.',
      }),
    ),
    sound: Type.Optional(Type.Boolean({ description: 'Whether the film has sound.' })),
  },
  { additionalProperties: false },
)
export type CreateVideoRequest = Static<typeof CreateVideoRequest>

/** One finished film. All figures are measured from the file. */
export const VideoOutput = Type.Object(
  {
    url: Type.String({ description: 'Signed download link; needs no key.' }),
    width: Type.Integer({ minimum: 1 }),
    height: Type.Integer({ minimum: 1 }),
    duration: Type.Number({ exclusiveMinimum: 0, description: 'Seconds.' }),
    fps: Type.Number({ exclusiveMinimum: 0 }),
    has_sound: Type.Boolean(),
    mime_type: Type.String(),
    deletes_at: Instant,
  },
  { additionalProperties: false },
)

/** A finished video generation. */
export const CompletedVideo = Type.Object(
  {
    id: GenerationId,
    status: Type.Enum(['completed']),
    model: Type.String(),
    data: Type.Array(VideoOutput, { minItems: 1 }),
    usage: Usage,
  },
  { additionalProperties: false },
)
export type CompletedVideo = Static<typeof CompletedVideo>

/** A video generation in any state. */
export const VideoGeneration = Type.Union([PendingGeneration, FailedGeneration, CompletedVideo])
export type VideoGeneration = Static<typeof VideoGeneration>
