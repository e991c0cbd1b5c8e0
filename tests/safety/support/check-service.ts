import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import { portOf } from './picture-host.ts'

/** A checking service that answers as the test tells it, and keeps what it was asked. */
export interface CheckService {
  url: string
  asked: { headers: Record<string, unknown>; body: unknown }[]
  close(): Promise<void>
}

export async function startCheckService(
  answer: (response: ServerResponse, body: unknown) => void,
): Promise<CheckService> {
  const asked: CheckService['asked'] = []
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const body: unknown = JSON.parse(Buffer.concat(chunks).toString('utf8'))
      asked.push({ headers: request.headers, body })
      answer(response, body)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${portOf(server)}/v1/check?tenant=a`,
    asked,
    close: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
