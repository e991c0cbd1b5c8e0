// The proxy as a route of Next.js (16, app router). The page beside it needs no key:
//
//   npm install next react react-dom
//   FILMGATE_BASE_URL=http://127.0.0.1:4700 FILMGATE_API_KEY=sk_test_… npx next dev
import { createProxy } from '@filmgate/client/proxy'
import { findSession } from '../../../sessions.js'

// Whose each generation is. In your program this is a table.
const owners = new Map()

const films = createProxy({
  // Nobody without a session gets through. In your program it says who is signed in.
  authorize: async () => ({ user: await findSession() }),
  // The first stays: a repeated request is told once more.
  onAccepted: (id, { user }) => void (owners.has(id) || owners.set(id, user)),
  canRead: (id, { user }) => user !== undefined && owners.get(id) === user,
  allow: { models: ['sandbox-image'] },
  basePath: '/films',
})

export { films as GET, films as POST }

// Seconds: an image may take 50, and answers about films are held for 25.
export const maxDuration = 60
