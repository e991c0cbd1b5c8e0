import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { api, postImage } from '../support/api.ts'
import { runCli, startGateway, type TestGateway } from '../support/gateway.ts'
import { json, refusal, text } from './support/filmgate.ts'

let gateway: TestGateway
let dataDir: string
beforeAll(async () => {
  gateway = await startGateway()
  dataDir = gateway.dataDir
})
afterAll(() => gateway.stop())

/** A command whose arguments are wrong; what it says about them. */
async function wrongUsage(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await runCli([...args, '--data', dataDir])
  expect([code, stdout]).toEqual([2, ''])
  return stderr
}

const hourMs = 3_600_000

describe('keys', () => {
  test('are made with an end, scopes and a budget, and shown with what is spent of it', async () => {
    const flags = ['--expires', '12h', '--scopes', 'generate']
    const budget = ['--budget-day', '0.02', '--budget-month', '50']
    const made = await json(dataDir, 'keys', 'create', ...flags, ...budget)
    expect(Math.abs(Date.parse(made.expires_at) - Date.now() - 12 * hourMs)).toBeLessThan(hourMs)
    expect(made).toMatchObject({ scopes: ['generate'], last_used_at: null })
    expect(made.budget.day).toMatchObject({ limit: '0.02', spent: '0.00', held: '0.00' })
    const key = made.key
    expect((await api(gateway, 'GET', '/v2/billing/balance', { key })).status).toBe(401)
    const statuses = [await postImage(gateway, {}, { key }), await postImage(gateway, {}, { key })]
    expect(statuses.map(({ status }) => status)).toEqual([200, 200])
    expect((await postImage(gateway, {}, { key })).status).toBe(402)
    const listed = await json(dataDir, 'keys', 'list')
    const shown = listed.find(({ id }: { id: string }) => id === made.id)
    expect(shown.budget).toMatchObject({
      day: { limit: '0.02', spent: '0.02' },
      month: { limit: '50.00', spent: '0.02' },
    })
    expect(await text(dataDir, 'keys', 'list')).toContain('$0.02 of $0.02 today, $0.02 of $50.00')
  })

  test('are changed while the gateway runs, from the next request on', async () => {
    const { key, id } = await json(dataDir, 'keys', 'create')
    const status = async () => (await postImage(gateway, {}, { key })).status
    const set = (...flags: string[]) => text(dataDir, 'keys', 'set', id, ...flags)
    expect(await status()).toBe(200)
    expect(await set('--scopes', 'read', '--name', 'wall')).toBe(
      `Key ${id} (wall) is set.\nIt may only read.\n`,
    )
    expect(await status()).toBe(401)
    await set('--scopes', 'generate,read', '--budget-month', '0')
    expect(await status()).toBe(402)
    expect(await set('--budget-month', 'none', '--expires', '2999-12-31')).toBe(
      `Key ${id} (wall) is set.\nIt expires at 2999-12-31T00:00:00.000Z.\n`,
    )
    expect(await set('--expires', 'never')).toBe(`Key ${id} (wall) is set.\n`)
    expect(await status()).toBe(200)
  })

  test('remember when they were last used, once the gateway has stopped or a minute has passed', async () => {
    const served = await startGateway()
    const used = await json(served.dataDir, 'keys', 'create')
    const idle = await json(served.dataDir, 'keys', 'create')
    const before = Date.now()
    await api(served, 'GET', '/v2/models', { key: used.key })
    await served.kill('SIGTERM')
    const keys = await json(served.dataDir, 'keys', 'list')
    const lastUse = (id: string) => keys.find((key: { id: string }) => key.id === id).last_used_at
    expect(Date.parse(lastUse(used.id))).toBeGreaterThanOrEqual(before)
    expect(lastUse(idle.id)).toBeNull()
    await served.stop()
  })

  test.each(['tomorrow', '0d', '30', '2026-02-31', '2999-13-01', '2999-01-01T10:00', ''])(
    'an end of %j is refused with the forms there are',
    async (when) => {
      const said = await wrongUsage('keys', 'create', '--expires', when)
      expect(said).toContain('12h, 30d, 8w')
    },
  )

  test.each([
    [['--expires', '2020-01-01'], 'keys revoke'],
    [['--scopes', 'write'], 'generate,read'],
    [['--scopes', ''], 'generate,read'],
    [['--budget-day', '-1'], '12.50'],
    [['--budget-month', 'lots'], '12.50'],
  ])('%j is refused', async (flags, sentence) => {
    expect(await wrongUsage('keys', 'create', ...flags)).toContain(sentence)
  })

  test('a test key takes no budget, and a revoked one no change', async () => {
    const sentence = 'A test key costs nothing'
    const create = ['keys', 'create', '--test', '--budget-day', '1', '--data', dataDir]
    expect(await refusal(...create)).toContain(sentence)
    const { id } = await json(dataDir, 'keys', 'create')
    await text(dataDir, 'keys', 'revoke', id)
    expect(await refusal('keys', 'set', id, '--name', 'x', '--data', dataDir)).toContain(
      `Key ${id} was revoked already`,
    )
  })
})

describe('workspaces', () => {
  test('quotas and budgets are set, hold from the next request on, and are shown with all the rest', async () => {
    await text(dataDir, 'workspaces', 'create', 'studio')
    await text(dataDir, 'credit', 'add', 'studio', '1')
    const { key, id } = await json(dataDir, 'keys', 'create', '--workspace', 'studio')
    const flags = ['--storage-gb', '0.5', '--test-storage-gb', '2', '--budget-day', '0.01']
    const said = await text(dataDir, 'workspaces', 'set', 'studio', ...flags)
    expect(said).toContain('files        0 bytes of 500 MB (0 %)')
    expect(said).toContain('test files   0 bytes of 2 GB (0 %)')
    const made = await postImage(gateway, {}, { key })
    expect((await postImage(gateway, {}, { key })).status).toBe(402)
    const shown = await json(dataDir, 'workspaces', 'show', 'studio')
    expect(shown).toMatchObject({
      name: 'studio',
      balance: '0.99',
      budget: { day: { limit: '0.01', spent: '0.01' }, month: { limit: null } },
      storage: {
        live: { quota_bytes: 500_000_000, next_deletion_at: made.body.data[0].deletes_at },
        test: { bytes: 0, quota_bytes: 2_000_000_000, percent: 0, next_deletion_at: null },
      },
      keys: [{ id, scopes: ['generate', 'read'] }],
    })
    expect(shown.storage.live.bytes).toBeGreaterThan(1000)
    const read = await text(dataDir, 'workspaces', 'show', 'studio')
    expect(read).toMatch(/spent {8}\$0\.01 of \$0\.01 today, \$0\.01 this month \(no budget\)/)
    expect(read).toMatch(/files {8}\S+ kB of 500 MB \(\d+(\.\d)? %\); the oldest goes at 20/)
    expect(read).toMatch(new RegExp(`\nID +MODE .*\n${id} +live`))
    await text(dataDir, 'workspaces', 'set', 'studio', '--budget-day', 'none', '--storage-gb', '0')
    expect((await postImage(gateway, {}, { key })).body.error.message).toContain('quota is 0 bytes')
  })

  test.each([
    ['--storage-gb', '-1'],
    ['--test-storage-gb', 'all'],
    ['--storage-gb', '1.2345'],
    ['--budget-day', '1e3'],
  ])('%s %s is refused', async (flag, value) => {
    expect(await wrongUsage('workspaces', 'set', 'default', flag, value)).toMatch(/It must be/)
  })

  test('one that does not exist is not shown', async () => {
    expect(await refusal('workspaces', 'show', 'nobody', '--data', dataDir)).toContain(
      'no workspace nobody',
    )
  })
})
