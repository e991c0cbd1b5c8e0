// What a page does with a proxy, and what it must not be able to do. Gives what happened.
import { Filmgate } from '@filmgate/client'

const model = 'sandbox-image'
const prompt = 'A red fox'

/** The options of the proxy that is asked. */
export const options = {
  authorize: (request) => ({ user: request.headers.get('X-User') }),
  maxBodyBytes: 100_000,
}

/** Asks the proxy at an address. */
export async function probeProxy(baseURL, fetch = globalThis.fetch) {
  const make = (user) => {
    const defaultHeaders = { 'X-User': user }
    const page = new Filmgate({ apiKey: null, baseURL, defaultHeaders, fetch })
    return page.images.generate({ model, prompt }, { idempotencyKey: 'order-1' })
  }
  const statusOf = async (headers, body = '{}') => {
    const init = { method: 'POST', headers: { 'X-User': 'alice', ...headers }, body }
    return (await fetch(`${baseURL}/v2/images/generations`, init)).status
  }
  const [image, again, other] = [await make('alice'), await make('alice'), await make('bob')]
  return {
    status: image.status,
    isReplayed: again.id === image.id,
    isShared: other.id === image.id,
    nobody: await statusOf({ 'X-User': '' }),
    elsewhere: await statusOf({ 'Sec-Fetch-Site': 'cross-site' }),
    tooLarge: await statusOf({}, 'x'.repeat(300_000)),
    unknown: (await fetch(`${baseURL}/v2/generations`)).status,
  }
}
