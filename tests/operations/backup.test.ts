import { spawnSync } from 'node:child_process'
import { cpSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { api, postImage } from '../support/api.ts'
import { runCli, startGateway, temporaryFolder } from '../support/gateway.ts'
import { adapt, snippets } from './support/document.ts'

const script = snippets('sh').find((code) => code.includes('VACUUM INTO')) ?? ''
const hasSqlite = spawnSync('sqlite3', ['--version']).error === undefined
if (!hasSqlite) console.warn('SKIPPED: no backup was made, because sqlite3 cannot be found.')

test.skipIf(!hasSqlite)(
  'a backup of a busy gateway is complete, is repeatable, and serves in its place',
  async () => {
    const gateway = await startGateway()
    onTestFinished(() => gateway.stop())
    const backup = join(temporaryFolder(), 'backup')
    const made = await postImage(gateway)
    const busy = Array.from({ length: 8 }, () => postImage(gateway))
    for (let round = 0; round < 2; round += 1) backUp(gateway.dataDir, backup)
    await Promise.all(busy)

    const dataDir = join(temporaryFolder(), 'restored')
    cpSync(backup, dataDir, { recursive: true })
    const audited = await runCli(['audit', '--data', dataDir])
    expect(audited.stdout).toContain('Clean: nothing disagrees.')
    const restored = await startGateway({ dataDir })
    onTestFinished(() => restored.stop())
    const read = await api(restored, 'GET', `/v2/images/generations/${made.body.id}`)
    expect(read.body.status).toBe('completed')
    // A link that was given out before the backup, at the address of the gateway in its place.
    const link = new URL(made.body.data[0].url)
    const file = await api(restored, 'GET', link.pathname + link.search)
    expect(file.status).toBe(200)
  },
)

function backUp(data: string, backup: string): void {
  const adapted = adapt(script, [
    ['data=/var/lib/filmgate', `data=${data}`],
    ['backup=/var/backups/filmgate', `backup=${backup}`],
  ])
  const { status, stderr } = spawnSync('sh', ['-c', adapted], { encoding: 'utf8' })
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
}
