import Type, { type Static } from 'typebox'
import { imageRoles, Instant } from './common.ts'
import { generationTypes } from './generations.ts'
import { outputFormats } from './images.ts'

/** Query of GET /v2/models. */
export const ListModelsQuery = Type.Object(
  { type: Type.Optional(Type.Enum(generationTypes)) },
  { additionalProperties: false },
)
export type ListModelsQuery = Static<typeof ListModelsQuery>

/** What a model can do. The same table validates requests. */
export const ModelCapabilities = Type.Object(
  {
    aspect_ratios: Type.Array(Type.String(), { description: 'The first is the default.' }),
    resolutions: Type.Array(Type.String(), { description: 'The first is the default.' }),
    output_formats: Type.Optional(Type.Array(Type.Enum(outputFormats))),
    durations: Type.Optional(
      Type.Array(Type.Integer(), { description: 'Whole seconds that can be asked for.' }),
    ),
    default_duration: Type.Optional(Type.Integer()),
    sound: Type.Optional(Type.Boolean({ description: 'Whether sound can be asked for.' })),
    image_roles: Type.Array(Type.Enum(imageRoles), { description: 'Roles of reference images.' }),
    max_images: Type.Integer({ minimum: 0, description: 'Most reference images.' }),
    max_prompt_length: Type.Integer({ minimum: 1 }),
    seed: Type.Boolean({ description: 'Whether `seed` is supported.' }),
  },
  { additionalProperties: false },
)

/** Price of one unit by resolution, in USD. */
export const ModelPricing = Type.Object(
  {
    currency: Type.Enum(['USD']),
    billable_unit: Type.Enum(['image', 'video_second']),
    unit_prices: Type.Record(Type.String(), Type.Number({ minimum: 0 }), {
      description: 'Price of one unit for each resolution.',
    }),
  },
  { additionalProperties: false },
)

/** One model of GET /v2/models. */
export const Model = Type.Object(
  {
    id: Type.String(),
    name: Type.String(),
    type: Type.Enum(generationTypes),
    created_at: Instant,
    capabilities: ModelCapabilities,
    pricing: ModelPricing,
    status: Type.Enum(['available']),
  },
  { additionalProperties: false },
)
export type Model = Static<typeof Model>

/** Answer of GET /v2/models: a bare array. */
export const ModelList = Type.Array(Model)
