import type { Call, Prepared, UpstreamFailure, UpstreamImage, UpstreamJob } from '../upstream.ts'
import { maxInlineBytes } from './body.ts'
import { classify } from './failures.ts'
import { planJob } from './plan.ts'
import { asSettings } from './settings.ts'
import { fieldsOf, isWebAddress, parseJson } from './values.ts'
import { retryAfterOf, type Reply, type Silence, type Wire } from './wire.ts'

// Long enough for the longest queue; nobody needs the client's pictures there for longer.
const keptSeconds = 24 * 60 * 60

/**
 * What has to be there before a job is sent: nothing, or the addresses of its images if they are too
 * large to go with it. Refuses jobs that no endpoint of the model takes.
 */
export async function prepare(wire: Wire, job: UpstreamJob, call: Call): Promise<Prepared> {
  const plan = planJob(job)
  if (plan.kind === 'refused') return { kind: 'failed', failure: plan.failure }
  const bytes = job.images.reduce((sum, image) => sum + image.bytes, 0)
  const { isUploaded } = asSettings(job.route.settings)
  const isInline = bytes <= maxInlineBytes && !isUploaded
  if (isInline || job.images.length === 0) return { kind: 'ready', data: null }
  const urls: string[] = []
  for (const [index, image] of job.images.entries()) {
    const uploaded = await upload(wire, image, `image-${index + 1}`, call)
    if (typeof uploaded !== 'string') return { kind: 'failed', failure: uploaded }
    urls.push(uploaded)
  }
  return { kind: 'ready', data: urls }
}

async function upload(
  wire: Wire,
  image: UpstreamImage,
  name: string,
  call: Call,
): Promise<string | UpstreamFailure> {
  const extension = image.mimeType.split('/')[1] ?? 'bin'
  const reply = await wire.ask(
    {
      method: 'POST',
      url: `${wire.storageUrl}/storage/upload/initiate?storage_type=fal-cdn-v3`,
      headers: {
        'content-type': 'application/json',
        'x-fal-object-lifecycle': JSON.stringify({ expiration_duration_seconds: keptSeconds }),
      },
      body: JSON.stringify({ content_type: image.mimeType, file_name: `${name}.${extension}` }),
    },
    call,
  )
  if (reply.kind === 'silence') return failed(wire, reply)
  if (reply.status < 200 || reply.status > 299) return failed(wire, reply)
  const { upload_url: target, file_url: url } = fieldsOf(parseJson(reply.text))
  if (!isWebAddress(target) || !isWebAddress(url)) {
    return failed(wire, { ...reply, text: 'no addresses to upload to' })
  }
  return (await put(wire, target, image, call)) ?? url
}

// The address is signed and lies on a host of its own, so the key stays here.
async function put(
  wire: Wire,
  url: string,
  image: UpstreamImage,
  call: Call,
): Promise<UpstreamFailure | undefined> {
  try {
    const answer = await wire.settings.files.request({
      method: 'PUT',
      url,
      headers: { 'content-type': image.mimeType },
      body: () => image.open(),
      bodyBytes: image.bytes,
      signal: call.signal,
      timeoutMs: call.timeoutMs,
    })
    const { status, headers } = answer
    answer.discard()
    if (status >= 200 && status <= 299) return undefined
    return {
      kind: 'transient',
      note: `fal's storage answered ${status} to an upload`,
      job: 'none',
      billed: 'no',
      httpStatus: status,
      ...retryAfter(wire, headers),
    }
  } catch (error) {
    return failed(wire, wire.toSilence(error, call))
  }
}

function failed(wire: Wire, reply: Reply | Silence): UpstreamFailure {
  if (reply.kind === 'silence') {
    return { kind: 'transient', note: `upload: ${reply.note}`, job: 'none', billed: 'no' }
  }
  const { status, headers, text } = reply
  const { kind, words } = classify({ status, headers, text })
  return {
    // What was asked for is ours alone, so a refusal of it is nothing that the client can mend.
    kind: kind === 'bad_input' || kind === 'model_gone' ? 'transient' : kind,
    note: wire.note(`upload: ${words}`),
    job: 'none',
    billed: 'no',
    httpStatus: status,
    ...retryAfter(wire, headers),
  }
}

function retryAfter(wire: Wire, headers: Reply['headers']): { retryAfterMs?: number } {
  const retryAfterMs = retryAfterOf(headers, wire.settings.clock())
  return retryAfterMs === undefined ? {} : { retryAfterMs }
}
