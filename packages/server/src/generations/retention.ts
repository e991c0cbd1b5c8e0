import { sweepInlineImages } from '../media/inline-images.ts'
import { listExpired } from '../media/outputs.ts'
import { listExpiredReferences } from '../media/reference-files.ts'
import { dropFileRows, recordDeleted } from '../media/storage-usage.ts'
import type { LifeContext } from './context.ts'
import { dropGeneration, listEndedBefore } from './generation.ts'
import type { JobHandler, Lease } from '../jobs/job.ts'
import { reschedule } from '../jobs/queue.ts'
import type { Transaction } from '../storage/database.ts'

/** Id of the one sweep job. */
export const retentionJobId = 'retention'

/** How often it runs, which also tells when a gateway last served. */
export const sweepEveryMs = 60_000
const filesPerSweep = 500
const rowsPerSweep = 500

interface SweepContext extends Pick<LifeContext, 'database' | 'mediaStore' | 'clock'> {
  /** Nothing is deleted before. */
  quietUntil: number
  /** How long the rows of generations are kept after their end, in milliseconds. */
  rowsMs: number
  /** Drops what other folders keep past its time. */
  dropExpired(tx: Transaction): Promise<void>
  /** Drops what other folders keep of a generation. */
  dropTrail(tx: Transaction, generationId: string): Promise<void>
}

/** Works on the sweep. */
export function retentionHandler(context: SweepContext): JobHandler {
  return (lease) => ({ step: () => sweep(context, lease), end: () => {} })
}

/**
 * Deletes files past their `deletes_at`, rows past theirs and whatever `dropExpired` names, then sleeps. A file is
 * deleted only if it is past its time by the system's clock too, and not before `quietUntil`: what
 * a wrong clock deletes does not come back when it is set right. What was overwritten in the database
 * meanwhile goes from its log, too.
 */
async function sweep(context: SweepContext, lease: Lease): Promise<'released'> {
  const { database, clock, quietUntil, dropExpired } = context
  // What generations that have ended were asked for was overwritten, but not in the log. First, so
  // that a file that cannot be deleted does not keep it there.
  await database.foldLog()
  if (clock() < quietUntil) {
    await database.transaction((tx) => reschedule(tx, lease, sweepEveryMs))
  } else {
    const isMoreFiles = await sweepFiles(context)
    const isMore = (await sweepRows(context)) || isMoreFiles
    await database.transaction(async (tx) => {
      await dropExpired(tx)
      await reschedule(tx, lease, isMore ? 0 : sweepEveryMs)
    })
  }
  return 'released'
}

/**
 * Drops some of the generations that ended long ago; whether there may be more. What they cost stays
 * in the ledger. One whose files are still kept waits for them.
 */
async function sweepRows({ database, clock, rowsMs, dropTrail }: SweepContext): Promise<boolean> {
  const instant = Math.min(clock(), Date.now()) - rowsMs
  const ids = await listEndedBefore(database.read, { instant, limit: rowsPerSweep })
  let dropped = 0
  for (const id of ids) {
    await database.transaction(async (tx) => {
      if (!(await dropFileRows(tx, id))) return
      await dropTrail(tx, id)
      await dropGeneration(tx, id)
      dropped += 1
    })
  }
  // Of those that wait for their files none may be seen again at once.
  return ids.length === rowsPerSweep && dropped > 0
}

/** Deletes some of the files that are past their time; whether there may be more. */
async function sweepFiles(
  context: Pick<LifeContext, 'database' | 'mediaStore' | 'clock'>,
): Promise<boolean> {
  const { database, mediaStore, clock } = context
  const now = Math.min(clock(), Date.now())
  const expired = await listExpired(database.read, { now, limit: filesPerSweep })
  // The file goes first: a crash in between leaves a row that is swept again, never an orphan.
  for (const output of expired) {
    await mediaStore.remove(output.storageKey)
    await database.transaction((tx) => recordDeleted(tx, 'outputs', output))
  }
  const references = await listExpiredReferences(database.read, { now, limit: filesPerSweep })
  for (const reference of references) {
    await mediaStore.remove(reference.storageKey)
    await database.transaction((tx) => recordDeleted(tx, 'reference_images', reference))
  }
  const isMoreInline = await sweepInlineImages(context, { now, limit: filesPerSweep })
  return expired.length === filesPerSweep || references.length === filesPerSweep || isMoreInline
}
