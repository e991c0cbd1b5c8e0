// Run in every runtime, against a gateway: one image, saved and kept, and each way a call can fail
// that depends on the runtime's own fetch. Prints what happened as one line of JSON.
import { Filmgate } from '@filmgate/client'

const { PROBE_REDIRECT_URL, PROBE_REFUSED_URL, PROBE_MODEL } = process.env
const filmgate = new Filmgate()

const params = { model: PROBE_MODEL, prompt: 'A red fox in fresh snow' }
const { data: image, attempts } = await filmgate.images.generate(params).withResponse()
const saved = await filmgate.download(image, 'probe-output')
const blob = await filmgate.download(image)

const codeOf = (call) =>
  call.then(
    () => 'resolved',
    (error) => error.code ?? String(error),
  )
const other = (baseURL) => new Filmgate({ apiKey: 'sk_test_other', baseURL, maxRetries: 1 })
const redirect = await codeOf(other(PROBE_REDIRECT_URL).models.list())
const refused = await codeOf(other(PROBE_REFUSED_URL).models.list())
const notFound = await codeOf(filmgate.videos.generations.retrieve(`gen_${'0'.repeat(32)}`))
const missing = await codeOf(filmgate.images.generate({ model: PROBE_MODEL }))
const aborted = await codeOf(filmgate.models.list({}, { signal: AbortSignal.abort() }))

console.log(
  JSON.stringify({
    status: image.status,
    attempts,
    isWhole: saved.bytes > 0 && saved.bytes === blob.size,
    redirect,
    refused,
    notFound,
    missing,
    aborted,
  }),
)
