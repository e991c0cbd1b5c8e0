import type { GenerationType } from '../../contract/generations.ts'
import { imageFamilies, imageInputs } from './image-families.ts'
import type { Endpoint, ImageField, Inputs } from './inputs.ts'
import { videoFamilies, videoInputs } from './video-families.ts'

const families = [...imageFamilies, ...videoFamilies]

/**
 * The endpoints behind a model's name. The name of the one that needs no images, or the base,
 * stands for the whole family; any other name is that endpoint alone.
 */
export function findEndpoints(
  model: string,
  type: GenerationType,
): { type: GenerationType; endpoints: Endpoint[] } {
  for (const family of families) {
    for (const base of family.bases) {
      const endpoints = family.endpoints.map(({ id, changes }) => ({
        id: id.replace('*', base),
        inputs: { ...family.inputs, ...changes },
      }))
      const isWhole = model === endpoints[0]?.id || (model === base && type === family.type)
      if (isWhole) return { type: family.type, endpoints }
      const single = endpoints.filter(({ id }) => id === model)
      if (single.length > 0) return { type: family.type, endpoints: single }
    }
  }
  return { type, endpoints: [{ id: model, inputs: guessInputs(model, type) }] }
}

// The two words that nearly every name has.
function guessInputs(model: string, type: GenerationType): Inputs {
  if (type === 'video') {
    const first: ImageField = { field: 'image_url' }
    return {
      ...videoInputs,
      images: model.endsWith('/image-to-video') ? { first_frame: first } : {},
    }
  }
  const references: ImageField = { field: 'image_urls', max: 8 }
  return { ...imageInputs, images: model.endsWith('/edit') ? { reference_image: references } : {} }
}
