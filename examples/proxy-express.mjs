// A site whose page makes images, with the API key kept on the server. With Express:
//
//   npm install express
//   FILMGATE_BASE_URL=http://127.0.0.1:4700 FILMGATE_API_KEY=sk_test_… node examples/proxy-express.mjs
import { randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { createProxy, toNodeHandler } from '@filmgate/client/proxy'
import express from 'express'

// Whose each generation is. In your program this is a table.
const owners = new Map()

const films = createProxy({
  // Nobody without a session gets through. In your program it says who is signed in.
  authorize: (_request, req) => ({ user: req.session }),
  onAccepted: (id, { user }) => void owners.set(id, user),
  canRead: (id, { user }) => owners.get(id) === user,
  allow: { models: ['sandbox-image'] },
})

const client = fileURLToPath(new URL('.', import.meta.resolve('@filmgate/client')))
const page = await readFile(new URL('proxy-page.html', import.meta.url), 'utf8')

const app = express()
app.use((req, _res, next) => {
  req.session = /\bsession=([\w-]+)/.exec(req.headers.cookie ?? '')?.[1]
  next()
})
app.use('/films', toNodeHandler(films))
app.use('/client', express.static(client))
app.get('/', (req, res) => {
  if (!req.session) res.cookie('session', randomUUID(), { httpOnly: true, sameSite: 'lax' })
  res.type('html').send(page)
})

const server = app.listen(Number(process.env.PORT ?? 3000), '127.0.0.1', () =>
  console.log(`http://127.0.0.1:${server.address().port}`),
)
