import sharp from 'sharp'
import { replaced } from '../acts.ts'
import { comfyAnswers } from '../answers/comfyui.ts'
import { sha256 } from '../outputs.ts'
import type { ComfyDisk, Place } from './comfy-disk.ts'
import { file, json, type Answer, type Call } from './wire.ts'

function nothing(status: number): Answer {
  const headers = { 'content-type': 'application/octet-stream' }
  return { status, headers, body: Buffer.alloc(0) }
}

function placeIn(query: URLSearchParams): Place {
  return {
    filename: query.get('filename') ?? '',
    subfolder: query.get('subfolder') ?? '',
    type: query.get('type') ?? 'output',
  }
}

const folders = new Set(['input', 'output', 'temp'])

/** The file that `/view` is asked for. */
export function findView({ account, query }: Call): ReturnType<ComfyDisk['find']> {
  return account.comfy.disk.find(placeIn(query))
}

/** `GET /view`: misses have no body. */
export async function view(call: Call): Promise<Answer> {
  const { query } = call
  if (!query.has('filename')) return nothing(404)
  const { filename, subfolder, type } = placeIn(query)
  const isStrange = filename === '' || filename.startsWith('/') || filename.includes('..')
  if (isStrange || !folders.has(type)) return nothing(400)
  if (subfolder.includes('..')) return nothing(403)
  const delivery = await findView(call)?.deliver()
  if (delivery === undefined) return nothing(404)
  if (delivery.status !== 200) return { ...nothing(delivery.status) }
  const [format, quality] = query.get('preview')?.split(';') ?? []
  if (format === 'webp' || format === 'jpeg') {
    const options = { quality: Number(quality ?? 90) }
    delivery.bytes = await sharp(delivery.bytes).toFormat(format, options).toBuffer()
    delivery.type = `image/${format}`
  }
  return file(call, delivery, {
    'content-disposition': `filename="${filename}"`,
    etag: `"${sha256(delivery.bytes).slice(0, 16)}"`,
    'last-modified': new Date(call.record.arrivedAt).toUTCString(),
  })
}

/** `POST /upload/image`: the name in the answer is the one to use. */
export async function upload({ account, form, query }: Call): Promise<Answer> {
  if (form === undefined) return replaced(nothing(500), comfyAnswers.trouble())
  const image = form.get('image')
  const text = (field: string) => {
    const value = form.get(field)
    return typeof value === 'string' ? value : (query.get(field) ?? '')
  }
  const subfolder = text('subfolder')
  const type = text('type') || 'input'
  if (image === null || typeof image === 'string') return nothing(400)
  const { name } = image
  if (name.includes('..') || subfolder.includes('..')) return nothing(400)
  if (name === '' || name.includes('/') || !folders.has(type))
    return replaced(nothing(500), comfyAnswers.trouble())
  const bytes = new Uint8Array(await image.arrayBuffer())
  const wanted = { filename: name, subfolder, type }
  const mayReplace = ['true', '1'].includes(text('overwrite'))
  const place = account.comfy.disk.upload(wanted, bytes, mayReplace)
  return json(200, { name: place.filename, subfolder, type })
}
