// A site whose page makes images, with the API key kept on the server. With Hono, here on Node:
//
//   npm install hono @hono/node-server
//   FILMGATE_BASE_URL=http://127.0.0.1:4700 FILMGATE_API_KEY=sk_test_… node examples/proxy-hono.mjs
import { randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createProxy } from '@filmgate/client/proxy'
import { serve } from '@hono/node-server'
import { serveStatic } from '@hono/node-server/serve-static'
import { Hono } from 'hono'
import { getCookie, setCookie } from 'hono/cookie'

// Whose each generation is. In your program this is a table.
const owners = new Map()

const films = createProxy({
  // Nobody without a session gets through. In your program it says who is signed in.
  authorize: (_request, c) => ({ user: getCookie(c, 'session') }),
  onAccepted: (id, { user }) => void owners.set(id, user),
  canRead: (id, { user }) => owners.get(id) === user,
  allow: { models: ['sandbox-image'] },
})

const client = fileURLToPath(new URL('.', import.meta.resolve('@filmgate/client')))
const page = await readFile(new URL('proxy-page.html', import.meta.url), 'utf8')

const app = new Hono()
app.all('/films/*', (c) => films(c.req.raw, c))
app.use(
  '/client/*',
  serveStatic({
    root: relative(process.cwd(), client),
    rewriteRequestPath: (path) => path.replace('/client', ''),
  }),
)
app.get('/', (c) => {
  if (!getCookie(c, 'session')) {
    setCookie(c, 'session', randomUUID(), { httpOnly: true, sameSite: 'Lax' })
  }
  return c.html(page)
})

const port = Number(process.env.PORT ?? 3000)
serve({ fetch: app.fetch, hostname: '127.0.0.1', port }, (info) =>
  console.log(`http://127.0.0.1:${info.port}`),
)
