/** Images that came inside a request: kept until they are checked, whatever happens, and no longer. */
import { existsSync, mkdirSync, readdirSync, watch, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import sharp from 'sharp'
import { afterAll, describe, expect, it } from 'vitest'
import { download } from '../contract/support/files.ts'
import { cancel, pathOf, start } from '../contract/support/generation-kind.ts'
import { assertCleanAudit, useGateway } from '../contract/support/use-gateway.ts'
import { green, shareOf, solid, toDataUrl } from '../safety/api/support/colours.ts'
import { startPictureHost } from '../safety/support/picture-host.ts'
import { api, postImage, untilEnded } from '../support/api.ts'
import { readRows, tamper } from './support/database-file.ts'

/** Doors that open on request: until then, whoever asks for a picture waits. */
const asking = { open: [] as (() => void)[], asked: () => {} }
const host = await startPictureHost({
  '/slow': (_request, response) => {
    asking.open.push(() => response.writeHead(404).end())
    asking.asked()
  },
  '/slow-green': (_request, response) => {
    asking.open.push(() => void solid(green).then((picture) => response.end(picture)))
    asking.asked()
  },
})
afterAll(() => host.close())

const gateway = useGateway({
  config: {
    safety: {
      reference_images: { allow_hosts: [`127.0.0.1:${host.port}`], timeout_ms: 60_000 },
    },
  },
})
const kept = () => join(gateway.dataDir, 'media', 'kept')
const slow = (path: string) => ({ url: `http://127.0.0.1:${host.port}${path}` })

/** 300 KB that compress to nothing, so that it is a long text in the body. */
const large = await sharp(await solid(green, 320, 320))
  .png({ compressionLevel: 0 })
  .toBuffer()
const inline = { url: toDataUrl(large) }

const nextAsked = () => new Promise<void>((resolve) => (asking.asked = resolve))
const openDoors = () => {
  for (const open of asking.open.splice(0)) open()
}
const listInline = () =>
  readdirSync(kept(), { recursive: true, encoding: 'utf8' }).filter((file) =>
    /-inline\d$/.test(file),
  )
const rowsOf = (id: string) =>
  readRows(gateway.dataDir, `SELECT position FROM inline_images WHERE generation_id = '${id}'`)

describe('an inline image', () => {
  it('is drawn, at any length, and its file is gone once it was checked', async () => {
    const small = { url: toDataUrl(await solid(green)) }
    for (const image of [inline, small]) {
      const { body } = await postImage(gateway, { images: [image], seed: 7 })
      expect(await shareOf(green, await download(body.data[0].url))).toBeGreaterThan(0.01)
    }
    expect(listInline()).toEqual([])
  })

  it('is checked by a dry run, which keeps nothing', async () => {
    const damaged = { url: inline.url.slice(0, 200_000) }
    expect((await postImage(gateway, { images: [inline], dry_run: true })).status).toBe(200)
    const refused = await postImage(gateway, { images: [inline, damaged], dry_run: true })
    expect(refused.body.error).toMatchObject({ code: 'invalid_parameter', param: 'images[1].url' })
    expect(listInline()).toEqual([])
  })

  it('is the same with its slashes escaped, for the Idempotency-Key too', async () => {
    const text = JSON.stringify({ model: 'sandbox-image', prompt: 'a fox', images: [inline] })
    const headers = { 'idempotency-key': 'slashes' }
    const send = (body: string) => api(gateway, 'POST', pathOf('image'), { body, headers })
    const first = await send(text)
    const escaped = text.replaceAll('/', '\\/').replaceAll('=', '\\u003d')
    const again = await send(escaped)
    expect(again.headers.get('idempotent-replayed')).toBe('true')
    expect(again.text).toBe(first.text)
    const other = await send(text.replace('AAAA', 'AAAB'))
    expect(other.body.error.param).toBe('Idempotency-Key')
  })

  it('is not in the row of its generation, and is found again after a kill before the checks', async () => {
    const asked = nextAsked()
    const { id, cutOff } = await startUnchecked([slow('/slow-green'), inline], asked)
    await gateway.kill()
    await cutOff
    asking.open = []
    const [row] = readRows<{ input: string }>(
      gateway.dataDir,
      `SELECT input FROM generations WHERE id = '${id}'`,
    )
    expect(JSON.parse(row?.input ?? '').images[1]).toEqual({
      url: 'data:',
      role: 'reference_image',
    })
    expect(listInline()).toHaveLength(1)
    await assertCleanAudit(gateway)
    const askedAgain = nextAsked()
    await gateway.restart()
    await askedAgain
    openDoors()
    const ended = await untilEnded(gateway, id, 'image')
    expect(await shareOf(green, await download(ended.body.data[0].url))).toBeGreaterThan(0.01)
    expect(listInline()).toEqual([])
  })

  it('goes with a generation that ends before it was checked', async () => {
    const asked = nextAsked()
    const { id, cutOff } = await startUnchecked([slow('/slow'), inline], asked)
    await cancel('image', gateway, id)
    openDoors()
    await cutOff
    await assertCleanAudit(gateway)
    await sweepAway(`${id}-inline1`)
  })

  it('of a process that died before it accepted anything is swept', async () => {
    const key = `gen_${'0'.repeat(32)}-inline0`
    await gateway.kill()
    tamper(
      gateway.dataDir,
      `INSERT INTO inline_images (generation_id, position, storage_key, sha256, bytes, accepted, deletes_at)
       VALUES ('gen_${'0'.repeat(32)}', 0, '${key}', 'x', 1, 0, 1)`,
    )
    mkdirSync(dirname(fileOf(key)), { recursive: true })
    writeFileSync(fileOf(key), 'x')
    await sweepAway(key)
  })
})

describe('a request that is refused or replayed', () => {
  it('leaves none of its images behind', async () => {
    const poor = await gateway.addTenant({ balanceUsd: 0 })
    const busy = await gateway.addTenant({ balanceUsd: 1, imagesPerMinute: 0 })
    expect((await postImage(poor, { images: [inline] })).status).toBe(402)
    expect((await postImage(busy, { images: [inline] })).status).toBe(429)
    const headers = { 'idempotency-key': 'replayed' }
    const first = await start('image', gateway, { images: [inline] }, headers)
    await untilEnded(gateway, first.body.id, 'image')
    const again = await start('image', gateway, { images: [inline] }, headers)
    expect(again.body.id).toBe(first.body.id)
    expect(listInline()).toEqual([])
  })

  it('leaves none behind when it loses a race for the last place', async () => {
    const narrow = await gateway.addTenant({ balanceUsd: 10, imagesPerMinute: 3 })
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => postImage(narrow, { images: [inline] })),
    )
    const count = (status: number) => answers.filter((answer) => answer.status === status).length
    expect([count(200), count(429)]).toEqual([3, 5])
    expect(listInline()).toEqual([])
  })
})

/** Starts an image whose checks wait for a slow picture; its id is known only to the database. */
async function startUnchecked(images: object[], asked: Promise<void>) {
  const cutOff = postImage(gateway, { images }).then(
    () => undefined,
    () => undefined,
  )
  await asked
  const [row] = readRows<{ id: string }>(
    gateway.dataDir,
    'SELECT id FROM generations ORDER BY id DESC LIMIT 1',
  )
  const id = row?.id ?? ''
  expect(rowsOf(id)).toHaveLength(1)
  return { id, cutOff }
}

function fileOf(key: string): string {
  return join(kept(), key.split('-', 1)[0]?.slice(-2) ?? '', key)
}

/** Has the gateway sweep now, as it does when it starts, rather than in a minute, and waits until a file that is there has gone. */
async function sweepAway(key: string): Promise<void> {
  const file = fileOf(key)
  expect(existsSync(file)).toBe(true)
  const gone = new Promise<void>((resolve) => {
    const watcher = watch(dirname(file), () => {
      if (existsSync(file)) return
      watcher.close()
      resolve()
    })
  })
  await gateway.kill()
  await gateway.restart()
  await gone
}
