import { handle } from '../handle.ts'
import { readGeneration } from './read-generation.ts'

/** The state of an image generation. */
export const getImage = handle('getImage', (request, services) =>
  readGeneration(request, services, 'image'),
)
