import { copyFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { answer, startRawServer, type RawServer } from '../../client/support/raw-server.ts'
import { startGateway } from '../../support/gateway.ts'

/** What the probe (probe.cjs) talks to, and how it learns of it. */
export interface Surroundings {
  /** For the probe, as environment variables or bindings. */
  settings: Record<string, string>
  /** Where a redirect points that must not be followed: it never hears of a request. */
  elsewhere: RawServer
  stop(): Promise<void>
}

/** Starts a gateway, a server that redirects, and frees a port where nobody answers. */
export async function startSurroundings(): Promise<Surroundings> {
  const gateway = await startGateway()
  const elsewhere = await startRawServer((socket) => answer(socket, 200, []))
  const redirecting = await startRawServer((socket) =>
    answer(socket, 307, '', { Location: `${elsewhere.baseURL}/v2/models` }),
  )
  const gone = await startRawServer(() => {})
  await gone.close()
  const settings = {
    FILMGATE_BASE_URL: gateway.baseURL,
    FILMGATE_API_KEY: gateway.testKey,
    PROBE_MODEL: 'sandbox-image',
    PROBE_REDIRECT_URL: redirecting.baseURL,
    PROBE_REFUSED_URL: gone.baseURL,
  }
  const stop = async () =>
    void (await Promise.all([elsewhere.close(), redirecting.close(), gateway.stop()]))
  return { settings, elsewhere, stop }
}

/** What the probe reports wherever the client keeps its promises. */
export const asPromised = {
  status: 'completed',
  attempts: 1,
  isWhole: true,
  redirect: 'connection_error',
  refused: 'connection_error',
  notFound: 'not_found',
  missing: 'parameter_missing',
  aborted: 'aborted',
}

/** The forms of the probe: a program in either module system, a script, a worker. */
export type Entry = 'program.mjs' | 'program.cjs' | 'page.mjs' | 'worker.mjs'

/** Puts the probe into a project, with an entry to it or for a test to call. */
export async function copyProbe(project: string, entry?: Entry): Promise<void> {
  for (const file of ['probe.cjs', entry ?? []].flat()) {
    await copyFile(fileURLToPath(new URL(file, import.meta.url)), join(project, file))
  }
}
