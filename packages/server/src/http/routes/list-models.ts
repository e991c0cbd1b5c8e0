import { toModelView } from '../../models/model.ts'
import { handle } from '../handle.ts'

/** What this server can run now. */
export const listModels = handle('listModels', async ({ query }, { models }) => ({
  status: 200,
  body: models
    .filter(({ type }) => query.type === undefined || type === query.type)
    .map(toModelView),
}))
