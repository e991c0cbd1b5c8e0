// Makes one image and saves it.
//
//   FILMGATE_BASE_URL=http://127.0.0.1:4700 FILMGATE_API_KEY=sk_test_… node examples/first-image.mjs
import { Filmgate } from '@filmgate/client'

const filmgate = new Filmgate()
const image = await filmgate.images.generate({
  model: 'sandbox-image',
  prompt: process.argv[2] ?? 'A red fox in fresh snow',
})
const { path, bytes } = await filmgate.download(image, 'first-image.jpg')

const [output] = image.data
console.log(`${path}: ${output.width} × ${output.height}, ${bytes} bytes`)
console.log(`${image.id}: $${image.usage.total_cost}, which a test key does not pay`)
