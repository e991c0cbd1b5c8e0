import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { postImage } from '../../support/api.ts'
import type { TestGateway } from '../../support/gateway.ts'

/** Files and sockets that the gateway has open. */
export function filesOpenIn({ process: { pid } }: Pick<TestGateway, 'process'>): number {
  return readdirSync(`/proc/${pid}/fd`).length
}

/** Asks for one file so many times on one connection, and never reads. */
export async function askUnread(url: string, times: number): Promise<Socket> {
  const { hostname, port, pathname, search } = new URL(url)
  const socket = connect({ host: hostname, port: Number(port) })
  socket.on('error', () => {})
  await once(socket, 'connect')
  socket.pause()
  socket.write(`GET ${pathname}${search} HTTP/1.1\r\nHost: x\r\n\r\n`.repeat(times))
  return socket
}

/** The link of a picture of some MB. */
export async function makePicture(target: TestGateway): Promise<string> {
  const { body } = await postImage(target, { output_format: 'png', resolution: '2K' })
  return body.data[0].url as string
}
