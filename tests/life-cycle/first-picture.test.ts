/** The way of a new user: the lines of README.md, one request, a picture, and what is told of it. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import sharp from 'sharp'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { postImage } from '../support/api.ts'
import { runCli, startGateway, temporaryFolder } from '../support/gateway.ts'
import {
  startUpstream,
  type ScriptedUpstream,
  type UpstreamAccount,
} from '../support/upstream/scripted-upstream.ts'
import { imageGraph } from './support/models.ts'

const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8')

/** A configuration of README.md. */
interface Shown {
  upstreams: Record<string, { adapter: string; base_url?: string }>
  models: { id: string }[]
}

let upstream: ScriptedUpstream
beforeAll(async () => {
  upstream = await startUpstream()
})
afterAll(() => upstream.stop())

/** The block of README.md that shows an adapter, in five lines or fewer. */
function shownFor(adapter: string): string {
  const blocks = [...readme.matchAll(/```json\n(\{\n\s*"upstreams"[\s\S]*?)```/g)]
  const block = blocks.map(([, text = '']) => text).find((text) => text.includes(`"${adapter}"`))
  if (block === undefined) throw new Error(`README.md does not show ${adapter}`)
  return block
}

/** The same, with the scripted upstream in place of the real one, in a folder with a workflow. */
function writeConfig(shown: string, account: UpstreamAccount): { file: string; model: string } {
  const config = JSON.parse(shown) as Shown
  const { fal, comfyui, openai } = account
  const addresses: Record<string, string> = { fal, comfyui, 'openai-compatible': openai }
  for (const each of Object.values(config.upstreams)) {
    each.base_url = addresses[each.adapter] ?? ''
  }
  const folder = temporaryFolder()
  mkdirSync(join(folder, 'workflows'))
  writeFileSync(join(folder, 'workflows', 'house-style.json'), JSON.stringify(imageGraph))
  const file = join(folder, 'filmgate.config.json')
  writeFileSync(file, JSON.stringify(config))
  return { file, model: config.models[0]?.id ?? '' }
}

test.each(['comfyui', 'fal', 'openai-compatible'])(
  'the lines that README.md has for %s make a picture, and its way is told in words',
  async (adapter) => {
    const shown = shownFor(adapter)
    expect(shown.trim().split('\n').length - 2).toBeLessThanOrEqual(5)
    const account = await upstream.account(`first-${adapter}`)
    const { file, model } = writeConfig(shown, account)
    const gateway = await startGateway({
      args: ['--config', file],
      env: { FAL_KEY: 'a-key-of-a-test' },
    })
    try {
      const { status, body } = await postImage(gateway, { model })
      expect(status).toBe(200)
      // What README.md shows of an answer.
      const answer = body as { id: string; data: { url: string; width: number; height: number }[] }
      const [picture] = answer.data
      const bytes = Buffer.from(await (await fetch(picture?.url ?? '')).arrayBuffer())
      const { width, height } = await sharp(bytes).metadata()
      expect({ width, height }).toEqual({ width: picture?.width, height: picture?.height })
      expect(await account.submissions()).toMatchObject({ received: 1, made: 1 })

      const show = ['generations', 'show', answer.id, '--data', gateway.dataDir]
      const trail = (await runCli(show)).stdout
      console.log(trail)
      for (const words of ['accepted, $', 'passed the checks', 'completed; $', 'file 0']) {
        expect(trail).toContain(words)
      }
      const steps = trail.slice(trail.indexOf('accepted, $'), trail.indexOf('completed; $'))
      expect(steps).toMatch(/sent to \S+/)
    } finally {
      await gateway.stop()
    }
  },
)
