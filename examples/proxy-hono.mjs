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

// Who is signed in, and whose each generation is. In your program these are tables.
const sessions = new Set()
const owners = new Map()

// Only what this site gave out: anybody can send any cookie.
const sessionOf = (c) => {
  const given = getCookie(c, 'session')
  return sessions.has(given) ? given : undefined
}

const films = createProxy({
  // Nobody without a session gets through. In your program it says who is signed in.
  authorize: (_request, c) => ({ user: sessionOf(c) }),
  // The first stays: a repeated request is told once more.
  onAccepted: (id, { user }) => void (owners.has(id) || owners.set(id, user)),
  canRead: (id, { user }) => user !== undefined && owners.get(id) === user,
  allow: { models: ['sandbox-image'] },
  basePath: '/films',
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
// Stands for the sign-in of your program.
app.get('/sign-in', (c) => {
  const session = randomUUID()
  sessions.add(session)
  setCookie(c, 'session', session, { httpOnly: true, sameSite: 'Lax' })
  return c.redirect('/')
})
app.get('/', (c) => (sessionOf(c) ? c.html(page) : c.redirect('/sign-in')))

const port = Number(process.env.PORT ?? 3000)
serve({ fetch: app.fetch, hostname: '127.0.0.1', port }, (info) =>
  console.log(`http://127.0.0.1:${info.port}`),
)
