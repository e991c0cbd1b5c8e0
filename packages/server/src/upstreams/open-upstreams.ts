import type { MediaStore } from '../media/media-store.ts'
import { createAddressGuard } from '../net/address-guard.ts'
import { createHttpClient } from '../net/http-client.ts'
import type { Account } from './accounts.ts'
import type { AdapterName } from './adapter-names.ts'
import type { Credential } from './adapter.ts'
import { adapters } from './adapters.ts'
import { createCapacity, type CapacityLimits } from './capacity.ts'

/** An upstream of the configuration. */
export interface UpstreamSpec {
  name: string
  adapter: AdapterName
  /** Without a slash at its end. */
  baseUrl: string
  credential: Credential | undefined
  limits: CapacityLimits
}

const userAgent = 'filmgate'
/** To one upstream, for everything that is asked of it at once. */
const connections = 256

/** Makes the upstreams of the configuration; each has connections of its own, so that none waits for another. */
export function openUpstreams(
  specs: readonly UpstreamSpec[],
  { store, clock }: { store: MediaStore; clock: () => number },
): { accounts: Account[]; close(): Promise<void> } {
  const opened = specs.map((spec) => openUpstream(spec, { store, clock }))
  return {
    accounts: opened.map(({ account }) => account),
    async close() {
      for (const { close } of opened) await close()
    },
  }
}

function openUpstream(
  { name, adapter, baseUrl, credential, limits }: UpstreamSpec,
  { store, clock }: { store: MediaStore; clock: () => number },
) {
  const http = createHttpClient({ userAgent, connections })
  const files = createHttpClient({ userAgent, connections, guard: guardOf(baseUrl) })
  const upstream = adapters[adapter].create({
    name,
    baseUrl,
    credential,
    http,
    files,
    store,
    clock,
  })
  const account: Account = {
    upstream,
    credential: credential?.name ?? null,
    capacity: createCapacity(limits),
  }
  return {
    account,
    async close() {
      await upstream.close()
      await http.close()
      await files.close()
    },
  }
}

/** Files may lie on any public host, and on the upstream's own, which may be private. */
function guardOf(baseUrl: string) {
  const { host, hostname, port } = new URL(baseUrl)
  return createAddressGuard({
    allowHosts: port === '' ? [hostname] : [hostname, host],
    allowedPorts: [80, 443],
    denyAddresses: [],
  })
}
