// Without an argument: submits a film, gives up waiting, and prints its id.
// With that id as the argument: another process waits for the same film and saves it.
import { Filmgate, WaitInterruptedError } from '@filmgate/client'

const filmgate = new Filmgate()
const [, , id] = process.argv

if (id) {
  const film = await filmgate.generations.wait(id)
  const { path } = await filmgate.download(film, 'resumed.mp4')
  console.log(path)
} else {
  try {
    const params = { model: 'sandbox-video', prompt: 'Waves at night [[delay ms=1500]]' }
    await filmgate.videos.generate(params, { timeout: 1_000 })
  } catch (error) {
    if (!(error instanceof WaitInterruptedError)) throw error
    console.log(error.generationId)
  }
}
