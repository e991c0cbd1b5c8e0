import { once } from 'node:events'
import { createReadStream } from 'node:fs'
import { createServer, type ServerResponse } from 'node:http'
import { join } from 'node:path'
import {
  classifierPackages,
  toTarballName,
  type ClassifierPackage,
} from '../../../packages/server/src/safety/image-classifier/classifier-packages.ts'
import { temporaryFolder } from '../../support/gateway.ts'
import { portOf } from '../../safety/support/picture-host.ts'

/** An npm registry on this machine that has the packages of the image classifier and nothing else. */
export interface PackageRegistry {
  /** Makes npm use it, with an empty cache. */
  env: Record<string, string>
  /** Tarballs it was asked for, by file name, in order. */
  asked: string[]
  close(): Promise<void>
}

export interface RegistryOptions {
  /** Folder of the tarballs. */
  tarballs: string
  /** The file that is sent for a tarball; that very one when left out. */
  fileFor?: (name: string) => string
  /** Waited for before a tarball is sent. */
  beforeSending?: (name: string) => unknown
}

/** Starts one on a free port. */
export async function startPackageRegistry({
  tarballs,
  fileFor = (name) => name,
  beforeSending,
}: RegistryOptions): Promise<PackageRegistry> {
  const asked: string[] = []
  const send = async (name: string, response: ServerResponse) => {
    asked.push(name)
    await beforeSending?.(name)
    createReadStream(join(tarballs, fileFor(name))).pipe(response)
  }
  const server = createServer((request, response) => {
    const path = decodeURIComponent(request.url ?? '').slice(1)
    const known = classifierPackages.find(({ name }) => name === path)
    const tarball = classifierPackages.find((each) => toTarballName(each) === path)
    if (known !== undefined) response.end(describePackage(known, `http://${request.headers.host}`))
    else if (tarball !== undefined) void send(path, response)
    else response.writeHead(404).end()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    asked,
    env: npmSettings(`http://127.0.0.1:${portOf(server)}`),
    async close() {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
}

/** Makes npm use a registry, with an empty cache and without waiting for one that is down. */
export function npmSettings(registry: string): Record<string, string> {
  return {
    npm_config_registry: registry,
    npm_config_cache: temporaryFolder(),
    npm_config_fetch_retries: '0',
    npm_config_noproxy: '127.0.0.1',
  }
}

// Without a checksum: npm believes such a registry, so that only ours finds out what is wrong.
function describePackage(known: ClassifierPackage, baseURL: string): string {
  const { name, version } = known
  const dist = { tarball: `${baseURL}/${toTarballName(known)}` }
  const versions = { [version]: { name, version, dist } }
  return JSON.stringify({ name, 'dist-tags': { latest: version }, versions })
}
