// Generated from the contract by tools/generate.ts. Do not edit.

import type { components, operations } from './openapi.ts'

export type Balance = components['schemas']['Balance']

export type Cancellation = components['schemas']['Cancellation']

export type CompletedImage = components['schemas']['CompletedImage']

export type CompletedVideo = components['schemas']['CompletedVideo']

export type Costs = components['schemas']['Costs']

export type CostsQuery = NonNullable<operations['getCosts']['parameters']['query']>

export type CreateImageRequest = components['schemas']['CreateImageRequest']

export type CreateVideoRequest = components['schemas']['CreateVideoRequest']

/** What went wrong. */
export type ErrorObject = components['schemas']['ErrorObject']

/** Terminal. To try again, submit a new generation. */
export type FailedGeneration = components['schemas']['FailedGeneration']

export type GenerationList = components['schemas']['GenerationList']

export type ImageGeneration = components['schemas']['ImageGeneration']

export type ImageOutput = components['schemas']['ImageOutput']

export type ListGenerationsQuery = NonNullable<operations['listGenerations']['parameters']['query']>

export type ListModelsQuery = NonNullable<operations['listModels']['parameters']['query']>

export type ListedGeneration = components['schemas']['ListedGeneration']

export type Model = components['schemas']['Model']

export type ModelCapabilities = components['schemas']['ModelCapabilities']

export type ModelList = components['schemas']['ModelList']

export type ModelPricing = components['schemas']['ModelPricing']

export type PendingGeneration = components['schemas']['PendingGeneration']

/** The price of the request; nothing was generated or charged. */
export type Quote = components['schemas']['Quote']

export type Usage = components['schemas']['Usage']

export type VideoGeneration = components['schemas']['VideoGeneration']

export type VideoOutput = components['schemas']['VideoOutput']
