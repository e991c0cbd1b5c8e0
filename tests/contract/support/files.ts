import { recordingFetch } from '../../support/traffic.ts'

/** The bytes behind a link of an answer. Throws unless it is the whole file. */
export async function download(url: string): Promise<Buffer> {
  const response = await recordingFetch(url)
  if (response.status !== 200) throw new Error(`download answered ${response.status}`)
  return Buffer.from(await response.arrayBuffer())
}
