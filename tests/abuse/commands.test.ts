/** Commands beside a gateway that serves: they neither freeze it nor change the database under it. */
import { DatabaseSync } from '@photostructure/sqlite'
import { chmodSync, readdirSync, statSync } from 'node:fs'
import { expect, onTestFinished, test } from 'vitest'
import { refusal } from '../cli/support/filmgate.ts'
import { openOperator, type Tenant } from '../contract/support/operator.ts'
import { databaseFileOf, readRows, tamper } from '../faults/support/database-file.ts'
import { expectTruth } from '../faults/support/truth.ts'
import { api, postImage } from '../support/api.ts'
import { runCli, startGateway, temporaryFolder, type TestGateway } from '../support/gateway.ts'
import { inspectable, inspectGateway, type Inspector } from '../support/inspect-gateway.ts'
import { describeSeen, expectUnnoticed, startNeighbour } from './support/neighbour.ts'

interface Scene {
  gateway: TestGateway
  neighbour: Tenant
  inspector: Inspector
}

async function setScene(): Promise<Scene> {
  const gateway = await startGateway({ env: inspectable })
  onTestFinished(() => gateway.stop())
  const operator = await openOperator(gateway)
  const neighbour = await operator.addTenant({ balanceUsd: 1000 })
  await operator.close()
  // The first picture loads what drawing needs.
  await postImage(neighbour)
  const inspector = await inspectGateway(gateway)
  onTestFinished(() => inspector.close())
  await inspector.loopDelay()
  return { gateway, neighbour, inspector }
}

test('commands that come and go while a snapshot is open delay nobody', async () => {
  const { gateway, neighbour, inspector } = await setScene()
  const reader = openSnapshot(gateway)
  const work = startNeighbour(neighbour)
  const commandMs: number[] = []
  for (const command of [
    ['keys', 'create'],
    ['workspaces', 'list'],
    ['audit'],
    ['keys', 'create'],
  ]) {
    const startedAt = performance.now()
    const { code, stderr } = await runCli([...command, '--data', gateway.dataDir])
    expect(stderr).toBe('')
    expect(code).toBe(0)
    commandMs.push(Math.round(performance.now() - startedAt))
  }
  const seen = await work.stop()
  const loop = await inspector.loopDelay()
  reader.close()
  console.log(
    `commands beside an open snapshot took ${commandMs.join(', ')} ms; loop delay max ${Math.round(loop.max)} ms; ${describeSeen(seen)}`,
  )
  expectUnnoticed(seen)
  // Folding the log held the write lock for 5 s, and whoever wanted it stopped the event loop.
  expect(loop.max).toBeLessThan(1000)
  await expectTruth({ ...gateway, key: neighbour.key }, 1000)
})

test('another process that holds the write lock makes writers wait, and nobody else', async () => {
  const { gateway, neighbour, inspector } = await setScene()
  const other = new DatabaseSync(databaseFileOf(gateway.dataDir))
  other.exec('BEGIN IMMEDIATE')
  let answered = false
  const posted = postImage(neighbour).finally(() => (answered = true))
  const reads: number[] = []
  const lockedAt = performance.now()
  while (performance.now() - lockedAt < 2000) {
    const askedAt = performance.now()
    expect((await api(neighbour, 'GET', '/v2/generations')).status).toBe(200)
    reads.push(performance.now() - askedAt)
  }
  expect(answered).toBe(false)
  other.exec('COMMIT')
  other.close()
  expect((await posted).status).toBe(200)
  const loop = await inspector.loopDelay()
  console.log(
    `write lock held for 2 s: ${reads.length} reads meanwhile, max ${Math.round(Math.max(...reads))} ms; loop delay max ${Math.round(loop.max)} ms`,
  )
  expect(Math.max(...reads)).toBeLessThan(1000)
  expect(loop.max).toBeLessThan(1000)
})

test('a newer command refuses a database that an older gateway serves, and leaves it as it is', async () => {
  const gateway = await startGateway()
  onTestFinished(() => gateway.stop())
  const schema = () => readRows(gateway.dataDir, 'SELECT * FROM schema_migrations ORDER BY version')
  const newest = schema()
  tamper(gateway.dataDir, 'DELETE FROM schema_migrations WHERE version > 1')
  const older = schema()
  expect(older).toHaveLength(1)
  expect(await refusal('workspaces', 'list', '--data', gateway.dataDir)).toMatch(
    /of an older Filmgate \(its schema is 1, this command needs \d+\)\. Use the command of that version, or restart the gateway with this one first\./,
  )
  expect(schema()).toEqual(older)
  expect(newest.length).toBeGreaterThan(1)
  expect((await postImage(gateway)).status).toBe(200)
})

test('five processes that open an empty folder at the same time all succeed, twelve times over', async () => {
  for (let round = 0; round < 12; round += 1) {
    const dataDir = temporaryFolder()
    const commands = Array.from({ length: 4 }, () => runCli(['keys', 'create', '--data', dataDir]))
    const gateway = await startGateway({ dataDir })
    for (const { code, stderr } of await Promise.all(commands)) {
      expect(stderr).toBe('')
      expect(code).toBe(0)
    }
    expect((await api(gateway, 'GET', '/healthz')).status).toBe(200)
    await gateway.stop()
  }
})

test('all that commands and a gateway make is for its owner only, and a wider folder is warned of', async () => {
  const gateway = await startGateway()
  onTestFinished(() => gateway.stop())
  await postImage(gateway)
  const { dataDir } = gateway
  const entries = readdirSync(dataDir, { recursive: true, encoding: 'utf8' })
  for (const name of [
    'filmgate.db',
    'filmgate.db-wal',
    'gateway.lock',
    'signing-secret',
    'media',
  ]) {
    expect(entries).toContain(name)
  }
  const exposed = entries.filter((entry) => (statSync(`${dataDir}/${entry}`).mode & 0o077) !== 0)
  expect(exposed).toEqual([])
  expect(gateway.log.join('\n')).not.toContain('chmod')

  await gateway.kill()
  chmodSync(dataDir, 0o755)
  await gateway.restart()
  expect(gateway.log.join('\n')).toContain(
    `has mode 0755. Close it with: chmod -R go-rwx ${dataDir}`,
  )
})

/** A read transaction of this process, as a long audit or a backup has one. */
function openSnapshot({ dataDir }: TestGateway): { close(): void } {
  const reader = new DatabaseSync(databaseFileOf(dataDir), { readOnly: true })
  reader.exec('BEGIN')
  reader.prepare('SELECT count(*) FROM generations').get()
  return { close: () => reader.close() }
}
