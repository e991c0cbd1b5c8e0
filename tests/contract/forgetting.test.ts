/** What a client sent is forgotten when its generation ends: no byte of it is left in the database. */
import { DatabaseSync } from '@photostructure/sqlite'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import sharp from 'sharp'
import { expect, test } from 'vitest'
import { databaseFileOf, readRows, tamper } from '../faults/support/database-file.ts'
import { api, postImage, postVideo, untilEnded } from '../support/api.ts'
import { startGateway, type TestGateway } from '../support/gateway.ts'

const secret = 'the unpublished film of the marmot'

/** Runs generations to each kind of end; what the sandbox kept of them in between. */
async function endInEveryWay(gateway: TestGateway): Promise<string> {
  const images = [{ url: await noise(), role: 'reference_image' }]
  const film = await postVideo(gateway, { prompt: `${secret} [[stall]]`, images })
  expect(film.status, film.text).toBe(202)
  await untilSubmitted(gateway)
  const kept = readRows<{ spec: string }>(gateway.dataDir, 'SELECT spec FROM sandbox_jobs')
  expect(kept[0]?.spec).toContain(secret)
  for (const prompt of ['', '[[upstream 503]]', '[[upstream garbage]]', '[[server_error]]']) {
    await postImage(gateway, { prompt: `${secret} ${prompt}`, images })
  }
  // It fails at its deadline, a minute later, and is still being looked up afterwards.
  const unknown = await postImage(gateway, { prompt: `${secret} [[upstream unknown]]` })
  expect(unknown.status).toBe(500)
  await api(gateway, 'POST', `/v2/videos/generations/${film.body.id}/cancel`)
  await untilEnded(gateway, film.body.id)
  return kept[0]?.spec ?? ''
}

async function untilSubmitted({ dataDir }: TestGateway): Promise<void> {
  await expect
    .poll(() => readRows(dataDir, 'SELECT id FROM sandbox_jobs'), { timeout: 20_000 })
    .toHaveLength(1)
}

/** A picture that occurs once in the world. */
async function noise(): Promise<string> {
  const create = { width: 96, height: 96, channels: 3, background: 'black' } as const
  const picture = sharp({
    create: { ...create, noise: { type: 'gaussian', mean: 128, sigma: 60 } },
  })
  return `data:image/png;base64,${(await picture.png().toBuffer()).toString('base64')}`
}

/** Every byte of the database of a gateway that has stopped. */
function databaseBytes({ dataDir }: TestGateway): Buffer {
  const files = readdirSync(dataDir).filter((name) => name.startsWith('filmgate.db'))
  return Buffer.concat(files.map((name) => readFileSync(join(dataDir, name))))
}

/** The files of the data folder, of the media in it too, that hold a text. */
function filesWith(text: string, { dataDir }: TestGateway): string[] {
  return readdirSync(dataDir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((file) => readFileSync(file).includes(text))
}

/** Makes the next sweep due. The worker looks for due jobs every few seconds. */
function sweepNow({ dataDir }: TestGateway): void {
  tamper(dataDir, "UPDATE jobs SET run_at = 1 WHERE kind = 'retention'")
}

async function untilSwept({ dataDir }: TestGateway): Promise<void> {
  const isSwept = () =>
    readRows(
      dataDir,
      "SELECT id FROM jobs WHERE kind = 'retention' AND lease IS NULL AND run_at > 1",
    )
  await expect.poll(isSwept, { timeout: 90_000 }).toHaveLength(1)
}

/** A read transaction of another process, as a long audit or a backup has one. */
function openSnapshot({ dataDir }: TestGateway): { close(): void } {
  const reader = new DatabaseSync(databaseFileOf(dataDir), { readOnly: true })
  reader.exec('BEGIN')
  reader.prepare('SELECT count(*) FROM generations').get()
  return {
    close() {
      reader.exec('COMMIT')
      reader.close()
    },
  }
}

/** A piece of the picture as a job row holds it. */
function pieceOfImage(spec: string): string {
  // Written by the sandbox with one image.
  const { images } = JSON.parse(spec) as { images: [{ base64: string }] }
  const { base64 } = images[0]
  return base64.slice(base64.length / 2, base64.length / 2 + 200)
}

test.concurrent('prompts and reference images leave no trace in the database file, however the generation ended', async ({
  onTestFinished,
}) => {
  const gateway = await startGateway()
  onTestFinished(() => gateway.stop())
  const piece = pieceOfImage(await endInEveryWay(gateway))
  await gateway.kill('SIGTERM')
  const bytes = databaseBytes(gateway)
  expect(bytes.includes(secret)).toBe(false)
  expect(bytes.includes(piece)).toBe(false)
  // That the jobs existed is still known.
  expect(readRows(gateway.dataDir, 'SELECT id FROM sandbox_jobs').length).toBeGreaterThan(3)
})

test.concurrent('a gateway that goes on serving, or is killed, keeps nothing of them in any file after its next sweep', async ({
  onTestFinished,
}) => {
  const gateway = await startGateway()
  onTestFinished(() => gateway.stop())
  const film = await postVideo(gateway, { prompt: `${secret} [[stall]]` })
  await untilSubmitted(gateway)
  expect(filesWith(secret, gateway)).not.toEqual([])
  await api(gateway, 'POST', `/v2/videos/generations/${film.body.id}/cancel`)
  await untilEnded(gateway, film.body.id)
  // What another process has not read to its end is not taken from it.
  const reader = openSnapshot(gateway)
  sweepNow(gateway)
  await untilSwept(gateway)
  expect(filesWith(secret, gateway)).not.toEqual([])
  reader.close()
  sweepNow(gateway)
  await expect.poll(() => filesWith(secret, gateway), { timeout: 90_000 }).toEqual([])
  expect((await postImage(gateway)).status).toBe(200)
  await gateway.kill('SIGKILL')
  expect(filesWith(secret, gateway)).toEqual([])
})

test.concurrent('they stay where the configuration keeps prompts: the control', async ({
  onTestFinished,
}) => {
  const gateway = await startGateway({ config: { retention: { prompts: true } } })
  onTestFinished(() => gateway.stop())
  const piece = pieceOfImage(await endInEveryWay(gateway))
  await gateway.kill('SIGTERM')
  const bytes = databaseBytes(gateway)
  expect(bytes.includes(secret)).toBe(true)
  expect(bytes.includes(piece)).toBe(true)
})
