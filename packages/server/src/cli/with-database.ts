import type { Command } from 'commander'
import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { defaultFlags } from '../config/flags.ts'
import type { Database } from '../storage/database.ts'
import { openDatabase, openDataFolder, type DataFolder } from '../storage/data-folder.ts'
import { CommandError } from './output.ts'

/** Adds the flag that says where the data is. */
export function withData(command: Command): Command {
  return command.option('--data <dir>', 'folder that holds the data', defaultFlags.data)
}

/**
 * Opens the database of the folder that --data names, also while a gateway serves it, and closes it
 * after. Throws CommandError if there is none, unless it may be made.
 */
export async function withDatabase(
  command: Command,
  work: (database: Database, folder: DataFolder) => Promise<void>,
  { mayCreate = false }: { mayCreate?: boolean } = {},
): Promise<void> {
  const folder = folderOf(command, { mayCreate })
  const database = await openDatabase(folder)
  try {
    await work(database, folder)
  } finally {
    await database.close()
  }
}

/** The folder that --data names. Throws CommandError if it holds no database, unless it may be made. */
export function folderOf(
  command: Command,
  { mayCreate = false }: { mayCreate?: boolean } = {},
): DataFolder {
  const { data } = command.optsWithGlobals<{ data: string }>()
  if (!mayCreate && !existsSync(join(data, 'filmgate.db'))) {
    throw new CommandError(
      `There is no Filmgate database in ${resolve(data)}. Name its folder with --data, or start a gateway first.`,
    )
  }
  return openDataFolder(data)
}
