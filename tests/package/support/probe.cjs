/**
 * Run wherever the client is for, against a gateway: one image, saved and kept, and each way a call
 * can fail that depends on the runtime's own fetch. CommonJS, because what can require nothing else
 * runs it too, and everything else can import it.
 *
 * `client` is what the package exports, `filmgate` a client of it; without `path` the image is
 * written to a stream. Gives what happened, as JSON can carry it.
 */
exports.probe = async function probe(client, { filmgate, settings, path }) {
  const { Filmgate } = client
  const params = { model: settings.PROBE_MODEL, prompt: 'A red fox in fresh snow' }
  const { data: image, attempts } = await filmgate.images.generate(params).withResponse()
  const streamed = counter()
  const saved = await filmgate.download(image, path ?? streamed.stream)
  const blob = await filmgate.download(image)

  const ends = (call) => endOf(client, call)
  const other = (baseURL) => new Filmgate({ apiKey: 'sk_test_other', baseURL, maxRetries: 1 })
  return {
    status: image.status,
    attempts,
    isWhole:
      blob.size > 0 &&
      saved.bytes === blob.size &&
      (path !== undefined || streamed.bytes() === blob.size),
    redirect: await ends(other(settings.PROBE_REDIRECT_URL).models.list()),
    refused: await ends(other(settings.PROBE_REFUSED_URL).models.list()),
    notFound: await ends(filmgate.videos.generations.retrieve(`gen_${'0'.repeat(32)}`)),
    missing: await ends(filmgate.images.generate({ model: settings.PROBE_MODEL })),
    aborted: await ends(filmgate.models.list({}, { signal: AbortSignal.abort() })),
  }
}

function counter() {
  let bytes = 0
  const stream = new WritableStream({ write: (part) => void (bytes += part.length) })
  return { stream, bytes: () => bytes }
}

/** The code of the error that a call ends with, if it is of this package by function and by class. */
function endOf({ FilmgateError, isFilmgateError }, call) {
  return call.then(
    () => 'resolved',
    (error) =>
      isFilmgateError(error) && error instanceof FilmgateError ? error.code : String(error),
  )
}
