import { redirect } from 'next/navigation'
import { openSession } from '../../sessions.js'

// Stands for the sign-in of your program.
export async function GET() {
  await openSession()
  redirect('/')
}
