import sharp from 'sharp'
import { describe, expect, it } from 'vitest'
import { readRows, tamper } from '../faults/support/database-file.ts'
import { postImage, postVideo, untilEnded } from '../support/api.ts'
import { expectError } from './support/expect-error.ts'
import { useGateway } from './support/use-gateway.ts'

const gateway = useGateway()

/** What a tenant is counted to keep, by mode. */
function stored(name: string): Record<string, number> {
  const rows = readRows<{ mode: string; bytes: number }>(
    gateway.dataDir,
    `SELECT mode, bytes FROM storage_usage JOIN workspaces ON id = workspace_id WHERE name = '${name}'`,
  )
  return Object.fromEntries(rows.map(({ mode, bytes }) => [mode, bytes]))
}

const full =
  /keeps \S+ (kB|MB) of files made with test keys, and its quota is 1 bytes\. The oldest file is deleted at 20\d\d-\S+Z: send .*--test-storage-gb N/

describe('a workspace that keeps as much as it may', () => {
  it('is refused the next image, video and quote, and told when and how that changes', async () => {
    const owner = await gateway.addTenant({ testStorageBytes: 1, imagesPerMinute: 5 })
    const key = owner.testKey
    const made = await postImage(owner, {}, { key })
    expect(made.status).toBe(200)
    const answers = [
      await postImage(owner, {}, { key }),
      await postImage(owner, { dry_run: true }, { key }),
      await postVideo(owner, {}, { key }),
      await postVideo(owner, { dry_run: true }, { key }),
    ]
    for (const answer of answers) {
      expectError(answer, 'quota_exceeded', { message: full })
      expect(answer.body.error.message).toContain(made.body.data[0].deletes_at)
      expect(answer.headers.get('x-should-retry')).toBe('false')
      expect(answer.headers.get('x-generation-id')).toBeNull()
    }
  })

  it('goes on with its live key: files of test keys have a quota of their own', async () => {
    const owner = await gateway.addTenant({ balanceUsd: 1, testStorageBytes: 0, storageBytes: 1 })
    const { status, body } = await postImage(owner, {}, { key: owner.testKey })
    expect([status, body.error.message]).toEqual([402, expect.stringContaining('0 bytes of files')])
    expect((await postImage(owner)).status).toBe(200)
    const refused = await postImage(owner)
    expectError(refused, 'quota_exceeded', { message: /of files, and .* --storage-gb N/ })
    expect(await gateway.accountOf(owner.name)).toEqual({ balance: 0.99, held: 0 })
  })

  it('may generate again once its files are deleted', async () => {
    const owner = await gateway.addTenant({ testStorageBytes: 1 })
    const other = await gateway.addTenant()
    const key = owner.testKey
    await postImage(owner, { prompt: 'a fox [[expired]]' }, { key })
    expectError(await postImage(owner, {}, { key }), 'quota_exceeded')
    tamper(gateway.dataDir, "UPDATE jobs SET run_at = 1 WHERE id = 'retention'")
    // The end of any job makes the worker look for what is due.
    await postImage(other, {}, { key: other.testKey })
    while (stored(owner.name)['test'] !== 0) await postImage(owner, { dry_run: true }, { key })
    expect((await postImage(owner, {}, { key })).status).toBe(200)
  })
})

describe('what counts', () => {
  it('is every byte of pictures, films and reference images, and nothing of what failed', async () => {
    const owner = await gateway.addTenant({ balanceUsd: 1 })
    const png = `data:image/png;base64,${(await smallPicture()).toString('base64')}`
    const image = await postImage(owner, { images: [{ url: png }] })
    expect(image.status, image.text).toBe(200)
    await untilEnded(owner, (await postVideo(owner)).body.id)
    await postImage(owner, { prompt: 'a fox [[server_error]]' })
    const [files] = readRows<{ bytes: number; pictures: number }>(
      gateway.dataDir,
      `SELECT sum(bytes) AS bytes, count(*) AS pictures FROM (
         SELECT bytes, workspace_id FROM outputs UNION ALL
         SELECT bytes, workspace_id FROM reference_images
       ) JOIN workspaces ON id = workspace_id WHERE name = '${owner.name}'`,
    )
    expect(files).toEqual({ bytes: stored(owner.name)['live'], pictures: 3 })
  })

  it('is kept a day when it was made with a test key, and 30 days otherwise', async () => {
    const owner = await gateway.addTenant({ balanceUsd: 1 })
    const daysLeft = async (key: string) => {
      const { body } = await postImage(owner, {}, { key })
      return Math.round((Date.parse(body.data[0].deletes_at) - Date.now()) / 86_400_000)
    }
    expect(await daysLeft(owner.testKey)).toBe(1)
    expect(await daysLeft(owner.key)).toBe(30)
  })
})

async function smallPicture(): Promise<Buffer> {
  const background = '#c43'
  return sharp({ create: { width: 64, height: 64, channels: 3, background } })
    .png()
    .toBuffer()
}
