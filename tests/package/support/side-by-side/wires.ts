import type { Seen } from './studio.ts'

/** An answer: JSON, or bytes as they are. */
export interface Reply {
  status: number
  headers?: Record<string, string>
  body: unknown
}

/** Answers what it knows the route of. */
export type Wire = (request: Seen, origin: string) => Reply | undefined

const image = Buffer.from('a picture')
const film = Buffer.from('a film')

/** As much of OpenAI's wire as the README needs: images, edits, and films that take two reads. */
export function openaiWire(): Wire {
  let reads = 0
  const video = () => {
    const status = ['queued', 'in_progress'][reads] ?? 'completed'
    return { id: 'video_1', object: 'video', status, progress: Math.min(reads * 50, 100) }
  }
  return ({ method, path }) => {
    if (method === 'POST' && /^\/v1\/images\/(generations|edits)$/.test(path)) {
      return ok({ created: 1, data: [{ b64_json: image.toString('base64') }] })
    }
    if (method === 'POST' && path === '/v1/videos') return ok(video())
    if (path === '/v1/videos/video_1/content') return { status: 200, body: film }
    if (path !== '/v1/videos/video_1') return undefined
    reads += 1
    return ok(video())
  }
}

/** As much of fal's: its queue, where all is done after two reads, its storage and its files. */
export function falWire(): Wire {
  let reads = 0
  return ({ method, path }, origin) => {
    if (path.startsWith('/files/')) return { status: 200, body: path.endsWith('4') ? film : image }
    if (method === 'PUT' && path.startsWith('/uploads/')) return ok({})
    if (path.startsWith('/rest.fal.ai/storage/upload/initiate')) {
      return ok({ upload_url: `${origin}/uploads/1`, file_url: `${origin}/files/1.png` })
    }
    if (!path.startsWith('/queue.fal.run/')) return undefined
    if (method === 'POST') return ok({ status: 'IN_QUEUE', request_id: 'fal_1' })
    if (path.includes('/requests/fal_1/status')) {
      reads += 1
      const status = ['IN_QUEUE', 'IN_PROGRESS'][reads - 1] ?? 'COMPLETED'
      return ok({ status, request_id: 'fal_1' })
    }
    if (!path.endsWith('/requests/fal_1')) return undefined
    const url = `${origin}/files/1`
    return ok({ images: [{ url: `${url}.jpg` }], video: { url: `${url}.mp4` } })
  }
}

function ok(body: unknown): Reply {
  return { status: 200, body }
}
