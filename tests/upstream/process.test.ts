import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import sharp from 'sharp'
import { expect, it } from 'vitest'
import { readStamp } from '../support/upstream/media.ts'
import { startUpstream } from '../support/upstream/scripted-upstream.ts'
import { bodyOf, submitToFal } from './support/account.ts'

it('the process ends when nobody is left at its other end', async () => {
  const path = fileURLToPath(new URL('../support/upstream/dist/server.js', import.meta.url))
  const child = spawn(process.execPath, [path], { stdio: ['pipe', 'pipe', 'inherit'] })
  await once(child.stdout, 'data')
  const ended = once(child, 'exit')
  child.stdin.destroy()
  expect(await ended).toEqual([0, null])
})

it('an order that it does not know, or for an account that is not there, is refused', async () => {
  const upstream = await startUpstream()
  const account = await upstream.account('one')
  await expect(upstream.account('One!')).rejects.toThrow('is no name')
  await expect(account.forget(1)).rejects.toThrow('There is no job 1')
  expect((await fetch(account.fal.replace('one', 'two'))).status).toBe(404)
  expect((await fetch(`${account.fal}/%zz/x`)).status).toBe(405)
  await upstream.stop()
  await expect(fetch(account.fal)).rejects.toThrow('fetch failed')
})

it.each(['png', 'jpeg', 'webp'] as const)(
  'whose picture it is can still be told of a %s that was made smaller and encoded again',
  async (format) => {
    const upstream = await startUpstream()
    const account = await upstream.account('one')
    const input = { output_format: format, image_size: 'square_hd' }
    for (let count = 0; count < 3; count++) await submitToFal(account, 'a fox', { input })
    const { id } = (await account.jobs())[2] ?? {}
    const result = await fetch(`${account.fal}/fal-ai/flux/requests/${id}`)
    const [image] = (await bodyOf<{ images: { url: string; content_type: string }[] }>(result))
      .images
    expect(image?.content_type).toBe(`image/${format}`)
    const bytes = await (await fetch(image?.url ?? '')).arrayBuffer()
    const smaller = await sharp(bytes).resize(256).jpeg({ quality: 60 }).toBuffer()
    expect(await readStamp(smaller)).toEqual({ job: 3, index: 0 })
    await upstream.stop()
  },
)
