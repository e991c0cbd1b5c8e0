import { redirect } from 'next/navigation'
import { findSession } from '../sessions.js'
import { Studio } from './studio.js'

export default async function Page() {
  if (!(await findSession())) redirect('/sign-in')
  return <Studio />
}
