import Type, { type Static } from 'typebox'
import { FailedGeneration, Instant, PendingGeneration } from './common.ts'
import { CompletedImage } from './images.ts'
import { CompletedVideo } from './videos.ts'

/** The two kinds of generation. */
export const generationTypes = ['image', 'video'] as const
export type GenerationType = (typeof generationTypes)[number]

/** The states a client sees. `completed` and `failed` are final. */
export const generationStatuses = ['pending', 'completed', 'failed'] as const
export type GenerationStatus = (typeof generationStatuses)[number]

/** Query of GET /v2/generations. */
export const ListGenerationsQuery = Type.Object(
  {
    limit: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 100, description: 'Items per page; 20 when omitted.' }),
    ),
    after: Type.Optional(
      Type.String({ description: 'Id of the last item already seen; the page starts after it.' }),
    ),
    status: Type.Optional(Type.Enum(generationStatuses)),
    type: Type.Optional(Type.Enum(generationTypes)),
  },
  { additionalProperties: false },
)
export type ListGenerationsQuery = Static<typeof ListGenerationsQuery>

const listFields = {
  type: Type.Enum(generationTypes),
  model: Type.String(),
  created_at: Instant,
}
/** A generation as the list shows it: as its GET does, plus type, model and created_at. */
export const ListedGeneration = Type.Union([
  Type.Object({ ...PendingGeneration.properties, ...listFields }, { additionalProperties: false }),
  Type.Object({ ...FailedGeneration.properties, ...listFields }, { additionalProperties: false }),
  Type.Object({ ...CompletedImage.properties, ...listFields }, { additionalProperties: false }),
  Type.Object({ ...CompletedVideo.properties, ...listFields }, { additionalProperties: false }),
])
export type ListedGeneration = Static<typeof ListedGeneration>

/** Answer of GET /v2/generations, newest first. */
export const GenerationList = Type.Object(
  { data: Type.Array(ListedGeneration), has_more: Type.Boolean() },
  { additionalProperties: false },
)
export type GenerationList = Static<typeof GenerationList>
