import type { OperationId } from '../../contract/operations.ts'
import type { Handler } from '../handle.ts'
import { cancelImage } from './cancel-image.ts'
import { cancelVideo } from './cancel-video.ts'
import { createImage } from './create-image.ts'
import { createVideo } from './create-video.ts'
import {
  getErrorPage,
  getErrorsPage,
  getHome,
  getModelsPage,
  getOpenApi,
  getReference,
} from './docs.ts'
import { downloadFile } from './download-file.ts'
import { getBalance } from './get-balance.ts'
import { getCosts } from './get-costs.ts'
import { getImage } from './get-image.ts'
import { getVideo } from './get-video.ts'
import { listGenerations } from './list-generations.ts'
import { listModels } from './list-models.ts'
import { getHealth, getReadiness } from './operations.ts'

/** One handler for each operation of the contract; the compiler refuses a gap. */
export const routes: { [Id in OperationId]: Handler<Id> } = {
  createImage,
  getImage,
  cancelImage,
  createVideo,
  getVideo,
  cancelVideo,
  listGenerations,
  listModels,
  getBalance,
  getCosts,
  downloadFile,
  getHealth,
  getReadiness,
  getOpenApi,
  getHome,
  getReference,
  getModelsPage,
  getErrorsPage,
  getErrorPage,
}
