import { handle } from '../handle.ts'
import { readGeneration } from './read-generation.ts'

/** The state of a video generation. */
export const getVideo = handle('getVideo', (request, services) =>
  readGeneration(request, services, 'video'),
)
