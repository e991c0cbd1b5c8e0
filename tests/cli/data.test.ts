import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readRows, tamper } from '../faults/support/database-file.ts'
import { api, postImage, postVideo, untilEnded } from '../support/api.ts'
import { runCli, startGateway, temporaryFolder, type TestGateway } from '../support/gateway.ts'
import { json, refusal, text } from './support/filmgate.ts'

let gateway: TestGateway
let dataDir: string
beforeAll(async () => {
  gateway = await startGateway()
  dataDir = gateway.dataDir
})
afterAll(() => gateway.stop())

describe('keys', () => {
  test('a new key works at once and is stored nowhere', async () => {
    const made = await json(dataDir, 'keys', 'create', '--name', 'web shop')
    expect(made).toMatchObject({ name: 'web shop', mode: 'live', revoked_at: null })
    // 160 random bits: a plain hash of less could be undone by trying.
    expect(made.key).toMatch(/^sk_live_[0-9a-f]{40}$/)
    expect((await api(gateway, 'GET', '/v2/models', { key: made.key })).status).toBe(200)

    const files = readdirSync(dataDir).filter((name) => name.startsWith('filmgate.db'))
    expect(files).toContain('filmgate.db-wal')
    const bytes = Buffer.concat(files.map((name) => readFileSync(join(dataDir, name))))
    for (const secret of [made.key, gateway.key]) {
      expect(bytes.includes(secret.slice('sk_live_'.length))).toBe(false)
    }
    // The control: what is stored can be found this way.
    expect(bytes.includes(made.id)).toBe(true)
    expect(JSON.stringify(await json(dataDir, 'keys', 'list'))).not.toContain(made.key)
  })

  test('the list tells keys apart by four characters, and can be narrowed to a workspace', async () => {
    await text(dataDir, 'workspaces', 'create', 'elsewhere')
    const made = await json(dataDir, 'keys', 'create', '--workspace', 'elsewhere')
    const own = await json(dataDir, 'keys', 'list', '--workspace', 'elsewhere')
    expect(own).toMatchObject([{ id: made.id, hint: made.key.slice(-4) }])
    const idsOf = (keys: { id: string }[]) => keys.map(({ id }) => id)
    expect(idsOf(await json(dataDir, 'keys', 'list'))).toContain(made.id)
    expect(idsOf(await json(dataDir, 'keys', 'list', '--workspace', 'default'))).not.toContain(
      made.id,
    )
  })

  test('a name that was kept before is shown, and not obeyed', async () => {
    const { id } = await json(dataDir, 'keys', 'create', '--name', 'forged')
    const name = 'shop\u001b[2K\r\nkey_0  live  default'
    tamper(dataDir, `UPDATE api_keys SET name = '${name}' WHERE id = '${id}'`)
    const rows = (await text(dataDir, 'keys', 'list')).split('\n')
    expect(rows.find((row) => row.startsWith(id))).toContain('shop\ufffd[2K\ufffd\ufffdkey_0')
    expect(rows.filter((row) => row.startsWith('key_0 '))).toEqual([])
    expect(await refusal('keys', 'revoke', 'key_\u001b[2K', '--data', dataDir)).toContain(
      'no key key_\ufffd[2K',
    )
  })

  test('a revoked key is refused with the next request, and cannot be revoked again', async () => {
    const { key, id } = await json(dataDir, 'keys', 'create')
    expect(await text(dataDir, 'keys', 'revoke', id)).toContain(`Key ${id} is revoked.`)
    const answer = await api(gateway, 'GET', '/v2/models', { key })
    expect(answer.status).toBe(401)
    expect(answer.body.error.message).toContain('revoked')
    const listed = await json(dataDir, 'keys', 'list', '--workspace', 'default')
    expect(listed.find((each: { id: string }) => each.id === id).revoked_at).not.toBeNull()
    expect(await refusal('keys', 'revoke', id, '--data', dataDir)).toContain(
      `Key ${id} was revoked already, at`,
    )
    expect(await refusal('keys', 'revoke', 'key_none', '--data', dataDir)).toContain(
      'There is no key key_none',
    )
  })

  test('a test key costs nothing', async () => {
    const { key } = await json(dataDir, 'keys', 'create', '--test')
    expect(key).toMatch(/^sk_test_/)
    const before = await api(gateway, 'GET', '/v2/billing/balance')
    expect((await postImage(gateway, {}, { key })).status).toBe(200)
    expect((await api(gateway, 'GET', '/v2/billing/balance')).body).toEqual(before.body)
  })

  test('a person sees the secret once, with the id to revoke it by', async () => {
    const shown = await text(dataDir, 'keys', 'create')
    expect(shown).toMatch(
      /^sk_live_\w+\n\nThis is the only time it is shown. Its id is key_\w+\.\n$/,
    )
    expect(await text(dataDir, 'keys', 'list')).toMatch(/^ID +MODE +ENDS IN +NAME/)
  })

  test('a workspace that does not exist gets no key', async () => {
    const sentence = await refusal('keys', 'create', '--workspace', 'nobody', '--data', dataDir)
    expect(sentence).toMatch(/no workspace nobody.*workspaces create nobody/)
  })

  test('the first key can be made before the first start', async () => {
    const folder = temporaryFolder()
    const { key } = await json(folder, 'keys', 'create')
    const served = await startGateway({ dataDir: folder })
    expect((await api(served, 'GET', '/v2/models', { key })).status).toBe(200)
    await served.stop()
  })
})

describe('workspaces', () => {
  test('a new one has the usual limits, no balance and no access to the others', async () => {
    expect(await json(dataDir, 'workspaces', 'create', 'studio')).toMatchObject({
      name: 'studio',
      balance: '0.00',
      held: '0.00',
      image_rpm: 60,
      video_rpm: 20,
      concurrency: 10,
    })
    const { key } = await json(dataDir, 'keys', 'create', '--workspace', 'studio')
    expect((await postImage(gateway, {}, { key })).body.error.code).toBe('quota_exceeded')
    expect(await refusal('workspaces', 'create', 'studio', '--data', dataDir)).toContain(
      'already a workspace studio',
    )
  })

  test.each(['', 'two words', '../up', 'ws_mine', 'x'.repeat(64)])(
    'the name %j is refused',
    async (name) => {
      const sentence = await refusal('workspaces', 'create', name, '--data', dataDir)
      expect(sentence).toContain('1 to 63 letters')
    },
  )

  test('a limit that is set while the gateway runs holds from the next request on', async () => {
    await text(dataDir, 'workspaces', 'create', 'limited')
    const { key } = await json(dataDir, 'keys', 'create', '--workspace', 'limited', '--test')
    const first = await postImage(gateway, { dry_run: true }, { key })
    expect(first.headers.get('x-ratelimit-limit')).toBe('60')
    const set = ['workspaces', 'set', 'limited', '--data', dataDir]
    const { stdout } = await runCli([...set, '--image-rpm', '0', '--video-rpm', '7'])
    expect(stdout).toContain('limits       0 images and 7 videos per minute, 10 in flight\n')
    const refused = await postImage(gateway, {}, { key })
    expect(refused.status).toBe(429)
    expect(refused.headers.get('x-ratelimit-limit')).toBe('0')
    await runCli([...set, '--image-rpm', '61'])
    const again = await postImage(gateway, { dry_run: true }, { key })
    expect(again.headers.get('x-ratelimit-limit')).toBe('61')
  })

  test('the list shows limits and balances', async () => {
    const listed = await json(dataDir, 'workspaces', 'list')
    expect(listed.map(({ name }: { name: string }) => name)).toContain('default')
    expect(await text(dataDir, 'workspaces', 'list')).toMatch(/^NAME +BALANCE +HELD +IMAGES\/MIN/)
  })
})

describe('credit', () => {
  test('is added and taken to the micro-dollar, while the gateway runs', async () => {
    await text(dataDir, 'workspaces', 'create', 'payer')
    const { key } = await json(dataDir, 'keys', 'create', '--workspace', 'payer')
    const balance = async () =>
      (await api(gateway, 'GET', '/v2/billing/balance', { key })).body.balance
    expect(await text(dataDir, 'credit', 'add', 'payer', '12.50')).toContain('now $12.50')
    expect(await balance()).toBe('12.50')
    const added = await json(dataDir, 'credit', 'add', 'payer', '0.000001')
    expect(added).toEqual({ workspace: 'payer', balance: '12.500001', currency: 'USD' })
    expect(await text(dataDir, 'credit', 'add', 'payer', '-2.5')).toContain('now $10.000001')
    expect(await balance()).toBe('10.000001')
    const note = ['--note', 'invoice 17']
    expect(await text(dataDir, 'credit', 'add', 'payer', '1', ...note)).toContain('now $11.000001')
    const notes = readRows(dataDir, "SELECT kind, note FROM ledger_entries WHERE note LIKE 'inv%'")
    expect(notes).toEqual([{ kind: 'topup', note: 'invoice 17' }])
  })

  test.each(['0', '-0', '1,5', '1e3', 'ten', '$5', '0.0000001', '9999999999', ''])(
    '%j is no amount',
    async (amount) => {
      const before = await json(dataDir, 'workspaces', 'list')
      const sentence = await refusal('credit', 'add', 'default', amount, '--data', dataDir)
      expect(sentence).toContain('no amount of dollars. Write 25 or 12.50.')
      expect(await json(dataDir, 'workspaces', 'list')).toEqual(before)
    },
  )

  test('for a workspace that does not exist is refused', async () => {
    expect(await refusal('credit', 'add', 'nobody', '5', '--data', dataDir)).toContain(
      'no workspace nobody',
    )
  })
})

describe('safety', () => {
  test('names the checks that only the configuration can bring', async () => {
    const set = (...flags: string[]) => text(dataDir, 'safety', 'set', 'default', ...flags)
    expect(await set('--checks', 'prompt-rules,looker')).toContain(
      'Not built in: looker. The gateway',
    )
    expect(await set('--checks', 'prompt-rules')).not.toContain('Not built in')
    await set('--reset')
  })
})

describe('generations', () => {
  test('the list is narrowed by kind, state, workspace and number', async () => {
    const image = await postImage(gateway)
    const video = await postVideo(gateway, { prompt: 'a [[server_error]]' })
    await untilEnded(gateway, video.body.id)
    const idsOf = async (...flags: string[]) =>
      (await json(dataDir, 'generations', 'list', ...flags)).map(({ id }: { id: string }) => id)
    expect(await idsOf('--type', 'video', '--status', 'failed')).toEqual([video.body.id])
    expect(await idsOf('--limit', '2')).toEqual([video.body.id, image.body.id])
    expect(await idsOf('--workspace', 'default', '--status', 'pending')).toEqual([])
    const shown = await text(dataDir, 'generations', 'list')
    expect(shown).toMatch(/^ID +STATUS +TYPE +MODEL +COST/)
    expect(shown).toMatch(new RegExp(`${video.body.id} +failed +video .*upstream_failed`))
  })

  test('one is shown with every attempt and file, and without its prompt', async () => {
    const { body } = await postImage(gateway, { prompt: 'a red fox [[upstream 503]]' })
    const shown = await json(dataDir, 'generations', 'show', body.id)
    expect(shown).toMatchObject({ id: body.id, status: 'completed', costMicros: 10_000 })
    expect(shown.attempts.map(({ state }: { state: string }) => state)).toEqual([
      'refused',
      'succeeded',
    ])
    expect(shown.files).toMatchObject([{ width: 1024, mimeType: 'image/jpeg' }])
    const read = await text(dataDir, 'generations', 'show', body.id)
    expect(read).toMatch(/to sandbox \(sandbox-image\)[^]*sandbox did not take it: .*not billed\n/)
    expect(read).toMatch(/sent again to sandbox \(sandbox-image\), 2 of 3\n/)
    expect(read).toMatch(/sandbox delivered 1 file.*; not billed\n.*completed; \$0\.01 charged\n/)
    expect(read).not.toContain('red fox')
  })

  test('one that does not exist is refused', async () => {
    expect(await refusal('generations', 'show', 'gen_none', '--data', dataDir)).toContain(
      'There is no generation gen_none in this data folder. `filmgate generations list` shows',
    )
  })
})

describe('audit', () => {
  let folder: string
  let imageId: string
  beforeAll(async () => {
    const audited = await startGateway()
    folder = audited.dataDir
    imageId = (await postImage(audited)).body.id
    await postVideo(audited, { prompt: 'a fox [[stall]]' })
    await postVideo(audited, { prompt: 'a fox [[stall]]' }, { key: audited.testKey })
    await audited.kill()
  })

  test('of a killed gateway is clean', async () => {
    expect(await text(folder, 'audit')).toBe(
      '3 generations: 1 completed, 0 failed, 2 pending, 0 of the failed still asked about at the model; 1 files.\nClean: nothing disagrees.\n',
    )
    expect(await json(folder, 'audit')).toMatchObject({ completed: 1, pending: 2, problems: [] })
  })

  const faults: [string, string, string, RegExp][] = [
    [
      'a ledger entry was changed',
      "UPDATE ledger_entries SET amount_micros = amount_micros + 1 WHERE kind = 'capture'",
      "UPDATE ledger_entries SET amount_micros = amount_micros - 1 WHERE kind = 'capture'",
      /balance is \$99\.99, its entries sum to \$99\.989999/,
    ],
    [
      'an account was changed',
      'UPDATE accounts SET held_micros = held_micros + 5',
      'UPDATE accounts SET held_micros = held_micros - 5',
      /held is \$0\.020005, its entries sum to \$0\.02/,
    ],
    [
      'a charge is of a generation that does not exist',
      "UPDATE ledger_entries SET generation_id = 'x' || generation_id WHERE kind = 'capture'",
      "UPDATE ledger_entries SET generation_id = substr(generation_id, 2) WHERE kind = 'capture'",
      /ledger entries of xgen_\w+, which does not exist/,
    ],
    [
      'a job is gone',
      "CREATE TABLE gone AS SELECT * FROM jobs WHERE kind = 'generation'; DELETE FROM jobs WHERE kind = 'generation'",
      'INSERT INTO jobs SELECT * FROM gone; DROP TABLE gone',
      /generation gen_\w+ \(pending\) has no job/,
    ],
    [
      'a job outlived its generation',
      "INSERT INTO jobs (id, kind, run_at) SELECT id, 'generation', 1 FROM generations WHERE status = 'completed'",
      "DELETE FROM jobs WHERE id IN (SELECT id FROM generations WHERE status = 'completed')",
      /generation gen_\w+ \(completed\) still has a job/,
    ],
    [
      'a count of running generations is wrong',
      'UPDATE in_flight SET running = running + 1',
      'UPDATE in_flight SET running = running - 1',
      /2 counted in flight, 1 are pending/,
    ],
    [
      'a count of bytes kept is wrong',
      'UPDATE storage_usage SET bytes = bytes + 1',
      'UPDATE storage_usage SET bytes = bytes - 1',
      /workspace ws_\w+ live: \d+ bytes counted as kept, its files sum to \d+/,
    ],
    [
      'a kept file is counted by nobody',
      'UPDATE outputs SET deleted_at = 1',
      'UPDATE outputs SET deleted_at = NULL',
      /\d+ bytes counted as kept, its files sum to 0/,
    ],
    [
      'a count of what a budget has spent is wrong',
      'UPDATE spending SET spent_micros = spent_micros - 1',
      'UPDATE spending SET spent_micros = spent_micros + 1',
      /key_\w+ on 20\d\d-\d\d-\d\d: held\/spent is counted as 20000\/9999 micro-dollars, the ledger says 20000\/10000/,
    ],
    [
      'a generation has two live attempts',
      `INSERT INTO attempts (id, generation_id, number, upstream, upstream_model, state, billed,
         created_at, updated_at)
       SELECT id || 'x', generation_id, number + 1, upstream, upstream_model, state, billed,
         created_at, updated_at
       FROM attempts WHERE state = 'succeeded'`,
      "DELETE FROM attempts WHERE id LIKE '%x'",
      /2 attempts may have a job at once/,
    ],
    [
      'a count of rehearsed failures outlived its generation',
      "INSERT INTO sandbox_rehearsals SELECT id, '503', 1, 1, 1 FROM generations WHERE status = 'completed'",
      'DELETE FROM sandbox_rehearsals',
      /rehearsed failures are counted for gen_\w+, which is neither a workspace nor pending/,
    ],
  ]
  test.each(faults)('finds that %s', async (_what, harm, repair, sentence) => {
    tamper(folder, harm)
    const found = await runCli(['audit', '--data', folder])
    const report = await runCli(['audit', '--json', '--data', folder])
    tamper(folder, repair)
    expect(found.stdout).toMatch(sentence)
    expect(found.code).toBe(1)
    expect(JSON.parse(report.stdout).problems.join('\n')).toMatch(sentence)
    expect(report.code).toBe(1)
    expect((await json(folder, 'audit')).problems).toEqual([])
  })

  test('finds that a file is gone', async () => {
    const [file] = (await json(folder, 'generations', 'show', imageId)).files
    rmSync(join(folder, 'media', 'kept', imageId.slice(-2), file.storageKey))
    const { code, stdout } = await runCli(['audit', '--data', folder])
    expect(stdout).toMatch(new RegExp(`file ${file.storageKey}: missing instead of \\d+ bytes`))
    expect(code).toBe(1)
  })
})
