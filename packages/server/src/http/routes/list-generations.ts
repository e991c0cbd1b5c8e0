import { fail } from '../../contract/failure.ts'
import { findGeneration, listGenerations as listRows } from '../../generations/generation.ts'
import { toListedView } from '../../generations/view.ts'
import { handle } from '../handle.ts'

const defaultLimit = 20

/** One page of the caller's generations, newest first. */
export const listGenerations = handle('listGenerations', async ({ query, caller }, services) => {
  const { limit = defaultLimit, after, status, type } = query
  const { workspaceId, mode } = caller
  if (after !== undefined) {
    const anchor = await findGeneration(services.database.read, after)
    if (anchor?.workspaceId !== workspaceId || anchor.mode !== mode) {
      throw fail('not_found', 'generation_unknown', {
        message:
          'The id in `after` belongs to no generation that this key sees. Take the id of the last item of the page before, read with a key of the same kind: test and live keys do not see what the other made.',
        param: 'after',
      })
    }
  }
  const filter = { workspaceId, mode, status, type, beforeId: after, limit: limit + 1 }
  const rows = await listRows(services.database.read, filter)
  const page = rows.slice(0, limit)
  const data = await Promise.all(page.map((row) => toListedView(services.view, row)))
  return { status: 200, body: { data, has_more: rows.length > limit } }
})
