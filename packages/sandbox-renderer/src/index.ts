export { createRenderer } from './renderer.ts'
export type { ImageOptions, ImageSpec, Renderer, VideoOptions, VideoSpec } from './renderer.ts'
export type { ReferenceInput } from './spec.ts'
