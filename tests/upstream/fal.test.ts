import { describe, expect, it } from 'vitest'
import { readStamp } from '../support/upstream/media.ts'
import type { JobScript } from '../support/upstream/script.ts'
import type { UpstreamAccount } from '../support/upstream/scripted-upstream.ts'
import { bodyOf, submitToFal, useUpstream } from './support/account.ts'

const { fresh } = useUpstream()

interface Submitted {
  request_id: string
  status_url: string
  response_url: string
  cancel_url: string
}

async function submitted(account: UpstreamAccount, prompt = 'a fox', app?: string) {
  const options = app === undefined ? {} : { app }
  return bodyOf<Submitted>(await submitToFal(account, prompt, options))
}

async function statusOf(url: string, query = ''): Promise<[number, Record<string, unknown>]> {
  const response = await fetch(url + query)
  return [response.status, await bodyOf(response)]
}

describe('fal', () => {
  it('takes a job, has it wait and run for as many looks as scripted, and shows the picture', async () => {
    const account = await fresh()
    await account.script('fox', { job: { pendingPolls: 3, queuePosition: 2, progress: [0.5] } })
    const job = await submitted(account)
    expect(job).toMatchObject({ status: 'IN_QUEUE', queue_position: 2 })
    const own = `${account.fal}/fal-ai/flux/requests/${job.request_id}`
    expect([job.response_url, job.status_url, job.cancel_url]).toEqual([
      own,
      `${own}/status`,
      `${own}/cancel`,
    ])
    expect(await statusOf(job.response_url)).toEqual([
      400,
      { detail: 'Request is still in progress' },
    ])
    const looks = [1, 2, 3, 4].map(() => () => statusOf(job.status_url, '?logs=1'))
    const seen = []
    for (const look of looks) seen.push(await look())
    expect(seen).toMatchObject([
      [202, { status: 'IN_QUEUE', queue_position: 2 }],
      [202, { status: 'IN_QUEUE', queue_position: 1 }],
      [202, { status: 'IN_PROGRESS', logs: [{ message: '50%' }] }],
      [200, { status: 'COMPLETED' }],
    ])
    expect(seen[3]?.[1]).not.toHaveProperty('error')
    const [, body] = await statusOf(job.response_url)
    expect(body).toMatchObject({
      images: [{ width: 512, height: 512, content_type: 'image/jpeg' }],
      has_nsfw_concepts: [false],
      prompt: 'a fox',
    })
    expect((await account.jobs())[0]).toMatchObject({ looks: 4, isBilled: true, isAnswered: true })
  })

  it('makes films, with the number of their job behind the last frame', async () => {
    const account = await fresh()
    const { response_url: url } = await submitted(account, 'a fox', 'fal-ai/veo3/fast')
    const [, { video }] = await statusOf(url)
    expect(video).toMatchObject({ content_type: 'video/mp4', file_name: '0.mp4' })
    const file = await fetch((video as { url: string }).url)
    const bytes = new Uint8Array(await file.arrayBuffer())
    expect(file.headers.get('content-type')).toBe('video/mp4')
    expect(await readStamp(bytes)).toEqual({ job: 1, index: 0 })
    const part = await fetch(file.url, { headers: { range: 'bytes=4-7' } })
    expect([part.status, await part.text()]).toEqual([206, 'ftyp'])
  })

  const verdicts: [JobScript, number, string, number][] = [
    [{ verdict: 'moderated' }, 422, 'content_policy_violation', 0],
    [{ verdict: 'moderated-as-empty' }, 422, 'no_media_generated', 0],
    [{ verdict: { name: 'invalid-field', field: 'seed', type: 'less_than' } }, 422, 'less_than', 0],
    [{ verdict: 'failed' }, 500, 'internal_server_error', 0],
    [{ verdict: 'failed-billed' }, 500, 'internal_server_error', 1],
    [{ verdict: 'timed-out' }, 504, 'generation_timeout', 0],
    [{ verdict: 'runner-lost', hidesFailure: true }, 503, 'runner_disconnected', 0],
  ]
  it.each(verdicts)(
    '%o is COMPLETED, and the result is %i %s',
    async (job, status, type, billed) => {
      const account = await fresh()
      await account.script('fox', { job })
      const urls = await submitted(account)
      const [looked, body] = await statusOf(urls.status_url)
      expect([looked, body['status']]).toEqual([200, 'COMPLETED'])
      expect(body['error_type']).toBe(job.hidesFailure === true ? undefined : type)
      const response = await fetch(urls.response_url)
      expect([response.status, response.headers.get('x-fal-error-type')]).toEqual([status, type])
      expect(await response.text()).toContain(type)
      expect((await account.submissions()).billed).toBe(billed)
    },
  )

  it('flags a black picture, and can end well without any', async () => {
    const account = await fresh()
    await account.script('fox', { job: { verdict: 'nsfw-flag' } })
    await account.script('owl', { job: { verdict: 'empty' } })
    const [, flagged] = await statusOf((await submitted(account)).response_url)
    expect(flagged['has_nsfw_concepts']).toEqual([true])
    const [{ url }] = flagged['images'] as [{ url: string }]
    const bytes = new Uint8Array(await (await fetch(url)).arrayBuffer())
    expect(await readStamp(bytes)).toBeUndefined()
    const [status, empty] = await statusOf((await submitted(account, 'an owl')).response_url)
    expect([status, empty['images']]).toEqual([200, []])
  })

  it('cancels what has not ended, unless the job goes on regardless', async () => {
    const account = await fresh()
    await account.script('fox', { job: { pendingPolls: 'forever' } })
    const cancel = async ({ cancel_url: url }: Submitted) => {
      const response = await fetch(url, { method: 'PUT' })
      return [response.status, await response.json()]
    }
    const job = await submitted(account)
    expect(await cancel(job)).toEqual([202, { status: 'CANCELLATION_REQUESTED' }])
    expect((await statusOf(job.response_url))[0]).toBe(499)
    expect(await cancel(job)).toEqual([400, { status: 'ALREADY_COMPLETED' }])
    const unknown = { ...job, cancel_url: job.cancel_url.replace(job.request_id, 'none') }
    expect(await cancel(unknown)).toEqual([404, { status: 'NOT_FOUND' }])
    await account.script('owl', { job: { gate: 'drawn', ignoresCancel: true } })
    const other = await submitted(account, 'an owl')
    expect(await cancel(other)).toEqual([202, { status: 'CANCELLATION_REQUESTED' }])
    await account.open('drawn')
    expect((await statusOf(other.response_url))[0]).toBe(200)
    expect(await account.submissions()).toEqual({ received: 2, made: 2, billed: 1 })
  })

  it('does not find a job for some looks, from some look on, or when it was told to forget it', async () => {
    const account = await fresh()
    await account.script('fox', { job: { hiddenPolls: 1, forgetAfterPolls: 2 } })
    const { status_url: url } = await submitted(account)
    const looks = [await statusOf(url), await statusOf(url), await statusOf(url)]
    expect(looks.map(([status]) => status)).toEqual([404, 200, 404])
    const { response_url: other } = await submitted(account, 'an owl')
    expect((await statusOf(other))[0]).toBe(200)
    await account.forget(2)
    expect((await statusOf(other))[0]).toBe(404)
    expect((await account.jobs()).map(({ state }) => state)).toEqual(['forgotten', 'forgotten'])
  })

  it('refuses wrong keys, and addresses with the path of the model', async () => {
    const account = await fresh({ key: 'k' })
    expect((await submitToFal(account, 'a fox')).status).toBe(401)
    const headers = { authorization: 'Key k' }
    const { request_id: id } = await bodyOf<Submitted>(
      await submitToFal(account, 'a fox', { headers }),
    )
    const long = `${account.fal}/fal-ai/flux/schnell/requests/${id}/status`
    expect((await fetch(long, { headers })).status).toBe(405)
    expect(await account.submissions()).toEqual({ received: 2, made: 1, billed: 1 })
  })
})
