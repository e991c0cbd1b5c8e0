import { handle } from '../handle.ts'
import { cancelGeneration } from './cancel-generation.ts'

/** Ends a video generation early. */
export const cancelVideo = handle('cancelVideo', (request, services) =>
  cancelGeneration(request, services, 'video'),
)
