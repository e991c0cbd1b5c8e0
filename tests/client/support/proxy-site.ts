import { createServer, type RequestListener } from 'node:http'
import { connect, type AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'

/** A site of its own with the proxy somewhere on it, on a real socket. */
export interface Site {
  baseURL: string
  /** Sends bytes as they are and gives all that comes back until the site closes the connection. */
  send(text: string): Promise<string>
  close(): Promise<void>
}

/** Starts it on a free port. */
export async function startSite(listener: RequestListener): Promise<Site> {
  const server = createServer(listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  // An address with a port: the server listens on TCP.
  const { port } = server.address() as AddressInfo
  return {
    baseURL: `http://127.0.0.1:${port}`,
    send: (text) => sendRaw(port, text),
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** Starts it for one test, which closes it when it ends. */
export async function openSite(listener: RequestListener): Promise<Site> {
  const site = await startSite(listener)
  onTestFinished(() => site.close())
  return site
}

function sendRaw(port: number, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let received = ''
    const socket = connect(port, '127.0.0.1', () => socket.write(text, 'latin1'))
    socket.on('data', (chunk) => (received += chunk.toString('latin1')))
    socket.on('close', () => resolve(received))
    socket.on('error', reject)
  })
}
