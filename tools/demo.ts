/**
 * The main job on a fresh clone: starts a temporary gateway, makes one picture and one film through
 * it with the client, and shows every error code as a client sees it.
 *   npm run demo
 *   npm run demo -- "a lighthouse in a storm"
 */
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Filmgate, isFilmgateError, type AnyFilmgateError, type Progress } from '@filmgate/client'
import { startServer } from './start-server.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
const outputFolder = join(root, 'demo-output')
const defaultPrompt = 'a red fox in a snowy forest at dawn'
const isTerminal = process.stdout.isTTY

const dim = (text: string) => (isTerminal ? `\u001b[2m${text}\u001b[0m` : text)
const bold = (text: string) => (isTerminal ? `\u001b[1m${text}\u001b[0m` : text)

function say(text = ''): void {
  process.stdout.write(`${text}\n`)
}

async function main(): Promise<void> {
  const prompt = process.argv.slice(2).join(' ').trim() || defaultPrompt
  const dataDir = await mkdtemp(join(tmpdir(), 'filmgate-demo-'))
  await mkdir(outputFolder, { recursive: true })
  const server = await startServer({
    bin: join(root, 'packages/server/dist/bin.js'),
    dataDir,
    balanceUsd: '1.00',
  })
  try {
    say(`\n${bold('Filmgate demo')}  a temporary gateway runs on ${server.baseURL}\n`)
    const client = new Filmgate({ baseURL: server.baseURL, apiKey: server.key })
    await makeImage(client, prompt)
    await makeVideo(client, prompt)
    await showErrors(client, server.baseURL)
    const { balance } = await client.billing.balance()
    say(`\nThe balance was $1.00 and is now $${balance}: one picture and one film were paid for,`)
    say('and none of the failures.')
    say(`\nNext: ${bold('npm start')} serves the gateway and prints keys for it.\n`)
  } finally {
    await server.stop()
    await rm(dataDir, { recursive: true, force: true })
  }
}

async function makeImage(client: Filmgate, prompt: string): Promise<void> {
  say(bold('1  One picture'))
  say(dim(`   images.generate({ model: 'sandbox-image', prompt: '${prompt}' })`))
  const startedAt = Date.now()
  const image = await client.images.generate({
    model: 'sandbox-image',
    prompt,
    aspect_ratio: '16:9',
  })
  const file = join(outputFolder, 'fox.jpg')
  await client.download(image, file)
  const [data] = image.data
  say(
    `   ${relative(root, file)}  ${data?.width}x${data?.height} ${data?.mime_type}, $${image.usage.total_cost}, ${seconds(startedAt)}\n`,
  )
}

async function makeVideo(client: Filmgate, prompt: string): Promise<void> {
  say(bold('2  One film'))
  say(dim(`   videos.generate({ model: 'sandbox-video', prompt, duration: 5, sound: true })`))
  const startedAt = Date.now()
  const video = await client.videos.generate(
    { model: 'sandbox-video', prompt, duration: 5, resolution: '720p', sound: true },
    { onProgress: showProgress },
  )
  if (isTerminal) process.stdout.write('\u001b[2K\r')
  const file = join(outputFolder, 'fox.mp4')
  await client.download(video, file)
  const [data] = video.data
  const sound = data?.has_sound === true ? 'with sound' : 'silent'
  say(
    `   ${relative(root, file)}  ${data?.width}x${data?.height}, ${data?.duration} s at ${data?.fps} fps, ${sound}, $${video.usage.total_cost}, ${seconds(startedAt)}\n`,
  )
}

let lastShown = -1

function showProgress({ progress = 0, elapsedMs }: Progress): void {
  const width = 30
  const done = Math.round(progress * width)
  const bar = `${'█'.repeat(done)}${'░'.repeat(width - done)}`
  const line = `   ${bar} ${Math.round(progress * 100)
    .toString()
    .padStart(3)} %  ${(elapsedMs / 1000).toFixed(1)} s`
  if (isTerminal) process.stdout.write(`\u001b[2K\r${line}`)
  // Without a terminal a line for each third says enough.
  else if (Math.floor(progress * 3) > lastShown) {
    lastShown = Math.floor(progress * 3)
    say(line)
  }
}

/** What brings each code about: a real mistake where one is at hand, a sandbox directive elsewhere. */
async function showErrors(client: Filmgate, baseURL: string): Promise<void> {
  say(bold('3  Every way in which it can fail, as the client shows it'))
  const model = 'sandbox-image'
  const stranger = new Filmgate({ baseURL, apiKey: `sk_live_${'0'.repeat(39)}1`, maxRetries: 0 })
  const failures: [string, () => Promise<unknown>][] = [
    ['a key that does not exist', () => stranger.models.list()],
    // The compiler refuses a request without a prompt; plain JavaScript would get this far.
    ['no prompt', () => client.images.generate({ model } as { model: string; prompt: string })],
    [
      'a ratio that the model lacks',
      () => client.images.generate({ model, prompt: 'a fox', aspect_ratio: '7:5' }),
    ],
    [
      'a film that costs more than there is',
      () =>
        client.videos.generate({
          model: 'sandbox-video',
          prompt: 'a fox',
          duration: 10,
          resolution: '1080p',
        }),
    ],
    [
      'content that is refused',
      () => client.images.generate({ model, prompt: '[[content_policy_violation]]' }),
    ],
    [
      'too many requests',
      () =>
        client.images.generate(
          { model, prompt: '[[rate_limit retry_after=7]]' },
          { maxRetries: 0 },
        ),
    ],
    ['an id that is not there', () => client.videos.generations.retrieve(`gen_${'0'.repeat(32)}`)],
    [
      'a model that breaks down',
      () => client.images.generate({ model, prompt: '[[server_error]]' }, { maxRetries: 0 }),
    ],
  ]
  for (const [what, attempt] of failures) {
    const error = await failureOf(attempt)
    const wait = error.retryAfterMs === undefined ? '' : `, after ${error.retryAfterMs / 1000} s`
    say(`\n   ${bold(error.code)}  ${dim(what)}`)
    say(`     ${error.message}`)
    say(
      dim(
        `     ${error.constructor.name} · status ${error.status} · param ${error.param ?? 'none'} · retry ${error.retryable ? `yes${wait}` : 'no'} · billed ${error.billed ? 'yes' : 'no'}`,
      ),
    )
    say(dim(`     ${error.docUrl}`))
  }
}

async function failureOf(attempt: () => Promise<unknown>): Promise<AnyFilmgateError> {
  try {
    await attempt()
  } catch (error) {
    if (isFilmgateError(error)) return error
    throw error
  }
  throw new Error('this was supposed to fail, and did not')
}

function seconds(startedAt: number): string {
  return `${((Date.now() - startedAt) / 1000).toFixed(1)} s`
}

await main()
