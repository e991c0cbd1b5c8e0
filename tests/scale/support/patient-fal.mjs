// A process that plays fal's queue and is never done, as lean as can be: the scripted upstream keeps each
// request, which a million of them is too much for. GET /counts tells what it was asked.
import { createServer } from 'node:http'

const counts = { submissions: 0, polls: 0 }

const server = createServer((request, response) => {
  const answer = (status, body) => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
  }
  if (request.url === '/counts') return answer(200, counts)
  if (request.method === 'POST') {
    request.resume().on('end', () => {
      counts.submissions += 1
      const { port } = server.address()
      const base = `http://127.0.0.1:${port}/fal-ai/film/requests/r${counts.submissions}`
      answer(200, {
        status: 'IN_QUEUE',
        request_id: `r${counts.submissions}`,
        status_url: `${base}/status`,
        response_url: base,
        cancel_url: `${base}/cancel`,
        queue_position: 0,
      })
    })
    return
  }
  counts.polls += 1
  answer(202, { status: 'IN_PROGRESS', logs: null })
})
server.keepAliveTimeout = 60_000
server.listen(0, '127.0.0.1', () => {
  process.stdout.write(`http://127.0.0.1:${server.address().port}\n`)
})
process.stdin.on('end', () => process.exit()).resume()
