import { InvalidArgumentError, type JSONObject, type JSONValue } from '@ai-sdk/provider'

/** What another process needs to ask for a film. */
export interface Operation {
  id: string
  /** The size to compare the film with. */
  size: string | undefined
}

/** As the AI SDK keeps it: plain JSON. `{ id }` alone, from an error or a log, is enough. */
export function toOperation(id: string, size: string | undefined): JSONObject {
  return { id, ...(size !== undefined && { size }) }
}

/** Reads it back. Throws an InvalidArgumentError for anything else. */
export function parseOperation(value: JSONValue): Operation {
  // A record of unknown values; what is no record has none of them.
  const { id, size } = (value ?? {}) as Record<string, unknown>
  if (typeof id === 'string' && id !== '') {
    return { id, size: typeof size === 'string' ? size : undefined }
  }
  const message = 'The operation must be that of startVideo, or { id } with the id of a generation.'
  throw new InvalidArgumentError({ argument: 'operation', message })
}
