import { cookies } from 'next/headers'

// Who is signed in. In your program this is a table. A global one, since Next.js loads this file once
// for its pages and once for its routes.
const sessions = (globalThis.sessions ??= new Set())

// Only what this site gave out: anybody can send any cookie.
export async function findSession() {
  const given = (await cookies()).get('session')?.value
  return sessions.has(given) ? given : undefined
}

export async function openSession() {
  const session = crypto.randomUUID()
  sessions.add(session)
  const jar = await cookies()
  jar.set('session', session, { httpOnly: true, sameSite: 'lax' })
}
