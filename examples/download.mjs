// Downloads the newest finished generation in three ways: as a file, as a stream, into memory.
import { Filmgate } from '@filmgate/client'

const filmgate = new Filmgate()
for await (const generation of filmgate.generations.list({ status: 'completed', limit: 1 })) {
  if (generation.status !== 'completed') continue

  const saved = await filmgate.download(generation, 'download.bin')
  console.log(`${saved.path}: ${saved.bytes} bytes of ${saved.mimeType}`)

  let streamedBytes = 0
  const counter = new WritableStream({
    write(chunk) {
      streamedBytes += chunk.length
    },
  })
  await filmgate.download(generation.data[0], counter)
  console.log(`a stream of ${streamedBytes} bytes`)

  const blob = await filmgate.download(generation.data[0].url)
  console.log(`a blob of ${blob.size} bytes`)
  break
}
