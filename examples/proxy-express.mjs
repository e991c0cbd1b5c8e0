// A site whose page makes images, with the API key kept on the server. With Express:
//
//   npm install express
//   FILMGATE_BASE_URL=http://127.0.0.1:4700 FILMGATE_API_KEY=sk_test_… node examples/proxy-express.mjs
import { randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { createProxy, toNodeHandler } from '@filmgate/client/proxy'
import express from 'express'

// Who is signed in, and whose each generation is. In your program these are tables.
const sessions = new Set()
const owners = new Map()

const films = createProxy({
  // Nobody without a session gets through. In your program it says who is signed in.
  authorize: (_request, req) => ({ user: req.session }),
  // The first stays: a repeated request is told once more.
  onAccepted: (id, { user }) => void (owners.has(id) || owners.set(id, user)),
  canRead: (id, { user }) => user !== undefined && owners.get(id) === user,
  allow: { models: ['sandbox-image'] },
  basePath: '/films',
})

const client = fileURLToPath(new URL('.', import.meta.resolve('@filmgate/client')))
const page = await readFile(new URL('proxy-page.html', import.meta.url), 'utf8')

const app = express()
app.use((req, _res, next) => {
  const cookies = (req.headers.cookie ?? '').split('; ')
  const given = cookies.find((each) => each.startsWith('session='))?.slice('session='.length)
  // Only what this site gave out: anybody can send any cookie.
  req.session = sessions.has(given) ? given : undefined
  next()
})
app.use('/films', toNodeHandler(films))
app.use('/client', express.static(client))
// Stands for the sign-in of your program.
app.get('/sign-in', (_req, res) => {
  const session = randomUUID()
  sessions.add(session)
  res.cookie('session', session, { httpOnly: true, sameSite: 'lax' }).redirect('/')
})
app.get('/', (req, res) => {
  if (req.session) res.type('html').send(page)
  else res.redirect('/sign-in')
})

const server = app.listen(Number(process.env.PORT ?? 3000), '127.0.0.1', () =>
  console.log(`http://127.0.0.1:${server.address().port}`),
)
