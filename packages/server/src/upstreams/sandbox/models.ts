import { imageRoles } from '../../contract/common.ts'
import { outputFormats } from '../../contract/images.ts'
import type { Model } from '../../models/model.ts'

/** Name under which models route to the sandbox. */
export const sandboxName = 'sandbox'

/** Longest time of a generation when the configuration sets none. */
export const sandboxDeadlineSeconds = {
  // The answer, at most five seconds later, comes before proxies cut a silent connection at 60 s.
  image: 50,
  video: 15 * 60,
}

const aspectRatios = ['1:1', '16:9', '9:16', '4:3', '3:4', '3:2', '2:3', '21:9'] as const

const shared = {
  createdAt: Date.UTC(2026, 10, 22),
  aspectRatios,
  imageRoles,
  maxImages: 8,
  maxPromptLength: 4096,
  seed: true,
}

/** The two models that are always there: no key, no network, no GPU. */
export const sandboxModels: readonly Model[] = [
  {
    ...shared,
    id: 'sandbox-image',
    name: 'Sandbox image',
    type: 'image',
    resolutions: ['1K', '2K', '4K'],
    outputFormats,
    durations: [],
    defaultDuration: 0,
    sound: false,
    imageRoles: ['reference_image'],
    unitPriceMicros: { '1K': 10_000, '2K': 20_000, '4K': 40_000 },
    routes: [{ upstream: sandboxName, model: 'sandbox-image', settings: null }],
    deadlineMs: sandboxDeadlineSeconds.image * 1000,
  },
  {
    ...shared,
    id: 'sandbox-video',
    name: 'Sandbox video',
    type: 'video',
    aspectRatios: ['16:9', ...aspectRatios.filter((ratio) => ratio !== '16:9')],
    resolutions: ['720p', '480p', '1080p'],
    outputFormats: [],
    durations: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10],
    defaultDuration: 5,
    sound: true,
    unitPriceMicros: { '480p': 20_000, '720p': 50_000, '1080p': 100_000 },
    routes: [{ upstream: sandboxName, model: 'sandbox-video', settings: null }],
    deadlineMs: sandboxDeadlineSeconds.video * 1000,
  },
]
