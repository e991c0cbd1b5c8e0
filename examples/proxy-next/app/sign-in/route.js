import { cookies } from 'next/headers'
import { redirect } from 'next/navigation'

// Stands for the sign-in of your program.
export async function GET() {
  const jar = await cookies()
  jar.set('session', crypto.randomUUID(), { httpOnly: true, sameSite: 'lax' })
  redirect('/')
}
