// The proxy behind the runtime's own server, and the probe as its page. Prints one line of JSON.
import { createServer } from 'node:http'
import { createProxy, toNodeHandler } from '@filmgate/client/proxy'
import { options, probeProxy } from './proxy-probe.mjs'

const proxy = createProxy(options)

/** Where it listens, and how to end it. */
async function listen() {
  if (globalThis.Bun) {
    const server = Bun.serve({ port: 0, hostname: '127.0.0.1', fetch: proxy })
    return { port: server.port, stop: () => server.stop(true) }
  }
  if (globalThis.Deno) {
    const server = Deno.serve({ port: 0, hostname: '127.0.0.1', onListen() {} }, proxy)
    return { port: server.addr.port, stop: () => server.shutdown() }
  }
  const server = createServer(toNodeHandler(proxy))
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { port: server.address().port, stop: () => server.close() }
}

const { port, stop } = await listen()
console.log(JSON.stringify(await probeProxy(`http://127.0.0.1:${port}/films`)))
await stop()
