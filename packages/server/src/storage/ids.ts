import { uuidv7 } from 'uuidv7'

/** Prefixes tell a reader, and a log search, what an id is of. */
export type IdPrefix = 'gen' | 'att' | 'key' | 'ws' | 'req' | 'led' | 'ver' | 'lease' | 'worker'

/**
 * A new id: prefix and time-ordered UUID. At a million rows, inserts with time-ordered keys are
 * about twice as fast as with random ones.
 */
export function newId(prefix: IdPrefix): string {
  return `${prefix}_${uuidv7().replaceAll('-', '')}`
}
