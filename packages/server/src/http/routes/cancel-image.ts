import { handle } from '../handle.ts'
import { cancelGeneration } from './cancel-generation.ts'

/** Ends an image generation early. */
export const cancelImage = handle('cancelImage', (request, services) =>
  cancelGeneration(request, services, 'image'),
)
