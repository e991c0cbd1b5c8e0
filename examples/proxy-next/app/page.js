import { cookies } from 'next/headers'
import { redirect } from 'next/navigation'
import { Studio } from './studio.js'

export default async function Page() {
  const jar = await cookies()
  if (!jar.has('session')) redirect('/sign-in')
  return <Studio />
}
