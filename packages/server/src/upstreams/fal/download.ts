import type { Call, Downloaded, Json } from '../upstream.ts'
import { fieldsOf } from './values.ts'
import { headerOf, retryAfterOf, type Wire } from './wire.ts'

const longestSilenceMs = 60_000
const refusalBytes = 4096

/** Fetches a file. Its address is public and needs no key, so it gets none, wherever it lies. */
export async function download(wire: Wire, source: Json, call: Call): Promise<Downloaded> {
  const { files, clock } = wire.settings
  const { url } = fieldsOf(source)
  if (typeof url !== 'string') return { kind: 'gone', note: 'the result named no address' }
  try {
    const answer = await files.request({
      method: 'GET',
      url,
      headers: { accept: '*/*' },
      signal: call.signal,
      timeoutMs: call.timeoutMs,
      idleMs: longestSilenceMs,
    })
    const { status, headers } = answer
    const isEncoded = !['', 'identity'].includes(headerOf(headers, 'content-encoding') ?? '')
    if (status === 200 && !isEncoded) return { kind: 'file', body: answer.body() }
    const { text } = await answer.text(refusalBytes)
    const note = `the file's address answered ${status}${isEncoded ? ' in an encoding' : ''}`
    if (status === 404 || status === 410 || (status === 403 && isOver(url, text))) {
      return { kind: 'gone', note }
    }
    const retryAfterMs = retryAfterOf(headers, clock())
    return { kind: 'no_answer', note, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) }
  } catch (error) {
    const { note } = wire.toSilence(error, call)
    return { kind: 'no_answer', note }
  }
}

// A 403 may also come from whatever stands before the files, and pass.
function isOver(url: string, text: string): boolean {
  return (
    /[?&](?:x-amz-|x-goog-)?(?:signature|expires|sig|token)=/iu.test(url) || /expired/iu.test(text)
  )
}
