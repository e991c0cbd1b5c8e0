// Makes one film, shows its progress and saves it.
import { Filmgate } from '@filmgate/client'

const filmgate = new Filmgate()
const film = await filmgate.videos.generate(
  {
    model: 'sandbox-video',
    prompt: process.argv[2] ?? 'A red fox runs through fresh snow',
    duration: 5,
  },
  {
    onProgress({ state, elapsedMs, progress, queuePosition }) {
      const facts = [
        `${(elapsedMs / 1000).toFixed(1)} s`,
        progress !== undefined && `${Math.round(progress * 100)} %`,
        queuePosition !== undefined && `${queuePosition} ahead`,
      ]
      console.log(state, facts.filter(Boolean).join(', '))
    },
  },
)
const { path, bytes } = await filmgate.download(film, 'first-video.mp4')

const [output] = film.data
console.log(`${path}: ${output.width} × ${output.height}, ${output.duration} s, ${bytes} bytes`)
console.log(`${film.id}: $${film.usage.total_cost}, which a test key does not pay`)
