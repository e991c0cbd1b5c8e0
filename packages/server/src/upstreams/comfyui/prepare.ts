/** Brings the reference images to the server, which takes them under names in its own folder only. */
import type { Call, Prepared, UpstreamFailure, UpstreamImage, UpstreamJob } from '../upstream.ts'
import { classifyAnswer } from './failures.ts'
import { promptIdOf } from './ids.ts'
import { placeholdersOf } from './placeholders.ts'
import { settingsOf } from './settings.ts'
import { toRecord, toText } from './unknowns.ts'
import type { Reply, Wire } from './wire.ts'

const extensions = new Map([
  ['image/jpeg', 'jpg'],
  ['image/png', 'png'],
  ['image/webp', 'webp'],
])

/** Uploads each image once, to a folder of the job's own. */
export async function prepare(wire: Wire, job: UpstreamJob, call: Call): Promise<Prepared> {
  const names = placeholdersOf(job.images)
  const misfit = findMisfit(job, names)
  if (misfit !== undefined) return { kind: 'failed', failure: misfit }
  const uploaded: Record<string, string> = {}
  for (const [index, image] of job.images.entries()) {
    const name = names[index] ?? ''
    const reply = await upload(
      wire,
      image,
      { name, folder: `filmgate/${promptIdOf(job.id)}` },
      call,
    )
    const file = fileOf(reply)
    if (file === undefined) {
      return { kind: 'failed', failure: failureOf(wire, reply, `images[${index}]`) }
    }
    uploaded[name] = file
  }
  return { kind: 'ready', data: uploaded }
}

// What a model can do says how many images it takes at most, but not that it needs them.
function findMisfit(job: UpstreamJob, names: readonly string[]): UpstreamFailure | undefined {
  const settings = settingsOf(job.route)
  const lacking = settings.neededImages.find((name) => !names.includes(name))
  const surplus = names.findIndex((name) => !settings.names.has(name))
  if (lacking === undefined && surplus === -1) return undefined
  const note =
    lacking === undefined
      ? `the workflow has no place for {{${names[surplus]}}}`
      : `the workflow needs {{${lacking}}}`
  const field = lacking === undefined ? `images[${surplus}]` : 'images'
  return { kind: 'bad_input', note, job: 'none', billed: 'no', field }
}

function upload(
  wire: Wire,
  image: UpstreamImage,
  { name, folder }: { name: string; folder: string },
  call: Call,
): Promise<Reply> {
  const boundary = `filmgate-${folder.slice(-36)}`
  const field = (key: string, value: string) =>
    `--${boundary}\r\nContent-Disposition: form-data; name="${key}"\r\n\r\n${value}\r\n`
  const file = `${name}.${extensions.get(image.mimeType) ?? 'bin'}`
  const head = Buffer.from(
    `${field('type', 'input')}${field('subfolder', folder)}--${boundary}\r\n` +
      `Content-Disposition: form-data; name="image"; filename="${file}"\r\n` +
      `Content-Type: ${image.mimeType}\r\n\r\n`,
  )
  const tail = Buffer.from(`\r\n--${boundary}--\r\n`)
  async function* body() {
    yield head
    yield* image.open()
    yield tail
  }
  const bodyBytes = head.byteLength + image.bytes + tail.byteLength
  const contentType = `multipart/form-data; boundary=${boundary}`
  return wire.upload('/upload/image', { body, bodyBytes, contentType }, call)
}

// The server may have chosen another name than it was told.
function fileOf(reply: Reply): string | undefined {
  if (reply.kind === 'no_answer' || reply.status !== 200) return undefined
  const { name, subfolder } = toRecord(reply.json) ?? {}
  const path = [toText(subfolder), toText(name)].filter((part) => part !== '').join('/')
  return toText(name) !== '' && /^[^\p{Cc}]{1,500}$/u.test(path) ? path : undefined
}

function failureOf(wire: Wire, reply: Reply, upload: string): UpstreamFailure {
  if (reply.kind === 'no_answer') {
    return { kind: 'transient', note: reply.note, job: 'none', billed: 'no' }
  }
  return { ...classifyAnswer(reply, { upload }), ...wire.waitOf(reply.headers), job: 'none' }
}
