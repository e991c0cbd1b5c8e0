// Makes a picture, and then a film that begins with it. The picture is a local file: the client reads
// it, looks whether it is an image, and sends it along.
import { Filmgate } from '@filmgate/client'

const filmgate = new Filmgate()
const image = await filmgate.images.generate({ model: 'sandbox-image', prompt: 'A red fox' })
await filmgate.download(image, 'first-frame.jpg')

const film = await filmgate.videos.generate({
  model: 'sandbox-video',
  prompt: 'The fox looks up',
  images: [{ url: './first-frame.jpg', role: 'first_frame' }],
})
const { path, bytes } = await filmgate.download(film, 'reference-image.mp4')
console.log(`${path}: ${bytes} bytes`)
