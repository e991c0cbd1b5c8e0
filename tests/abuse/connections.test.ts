/** One connection that asks for much and takes nothing. */
import { connect } from 'node:net'
import { expect, it } from 'vitest'
import { useGateway } from '../contract/support/use-gateway.ts'
import { api } from '../support/api.ts'
import { startGateway } from '../support/gateway.ts'
import { askUnread, filesOpenIn, makePicture } from './support/unread.ts'

const gateway = useGateway()

it('two thousand unread downloads on one connection keep no files open, during or after', async () => {
  const url = await makePicture(gateway)
  const before = filesOpenIn(gateway)
  const socket = await askUnread(url, 2000)
  // Each answer is a turn of the gateway in which it could have opened the others.
  for (let turn = 0; turn < 50; turn += 1) await api(gateway, 'GET', '/v2/models')
  const during = filesOpenIn(gateway)
  socket.destroy()
  let after = during
  for (let turn = 0; turn < 500 && after > before + 2; turn += 1) {
    await api(gateway, 'GET', '/v2/models')
    after = filesOpenIn(gateway)
  }
  console.log(`open files: ${before} before, ${during} during, ${after} after`)
  expect(during).toBeLessThan(before + 20)
  expect(after).toBeLessThanOrEqual(before + 2)
})

it('sixteen requests that are sent at once on one connection are answered in their order', async () => {
  const { hostname, port } = new URL(gateway.baseURL)
  const socket = connect({ host: hostname, port: Number(port) })
  const asked = Array.from({ length: 16 }, (_, at) => `id-${at}`)
  const request = (id: string) =>
    `GET /v2/models HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${gateway.key}\r\nX-Request-Id: ${id}\r\n`
  socket.write(
    asked
      .map((id) => `${request(id)}\r\n`)
      .join('')
      .replace(/\r\n$/, 'Connection: close\r\n\r\n'),
  )
  let text = ''
  for await (const part of socket) text += String(part)
  expect([...text.matchAll(/x-request-id: (\S+)/gi)].map(([, id]) => id)).toEqual(asked)
})

it('a gateway that is told to stop does, though somebody never takes a file', async () => {
  const stopping = await startGateway({ config: { drain_seconds: 1 } })
  try {
    const socket = await askUnread(await makePicture(stopping), 3)
    await api(stopping, 'GET', '/v2/models')
    const startedAt = performance.now()
    await stopping.kill('SIGTERM')
    console.log(`stopped after ${Math.round(performance.now() - startedAt)} ms`)
    expect(stopping.process.exitCode).toBe(0)
    socket.destroy()
  } finally {
    await stopping.stop()
  }
})
