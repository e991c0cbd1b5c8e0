import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { api, postImage } from '../support/api.ts'
import { runCli, startGateway, temporaryFolder, type TestGateway } from '../support/gateway.ts'
import { json, refusal, text } from './support/filmgate.ts'

const rotate = ['signing-secret', 'rotate']
const oldSecret = 'the-old-secret-of-ours'
const newSecret = 'the-new-secret-of-ours'

/** Links of one file, as the gateway signs them now. */
async function makeFile(gateway: TestGateway): Promise<{ link: string; again(): Promise<string> }> {
  const { body } = await postImage(gateway)
  const again = async () => {
    const read = await api(gateway, 'GET', `/v2/images/generations/${body.id}`)
    return read.body.data[0].url
  }
  return { link: body.data[0].url, again }
}

const statusOf = async (link: string): Promise<number> => {
  const url = new URL(link)
  return (await api({ baseURL: url.origin, key: '' }, 'GET', url.pathname + url.search)).status
}

describe('the secret in the data folder', () => {
  let gateway: TestGateway
  beforeEach(async () => {
    gateway = await startGateway()
  })
  afterEach(() => gateway.stop())

  test('is rotated without breaking a link, and forgotten when the old links are over', async () => {
    const { dataDir } = gateway
    const file = join(dataDir, 'signing-secret')
    const { link: old, again } = await makeFile(gateway)
    const said = await text(dataDir, ...rotate)
    expect(said).toContain('One old secret is kept, whose links go on working. Start the gateway')
    expect(readFileSync(file, 'utf8').trim().split('\n')).toHaveLength(2)
    expect(statSync(file).mode & 0o777).toBe(0o600)
    expect(await again()).toBe(old)

    await gateway.restart()
    const fresh = await again()
    expect(fresh).not.toBe(old)
    expect([await statusOf(old), await statusOf(fresh)]).toEqual([200, 200])

    expect(await json(dataDir, ...rotate, '--drop-old')).toEqual({
      dropped: 1,
      restart_needed: true,
    })
    await gateway.restart()
    expect([await statusOf(old), await statusOf(fresh)]).toEqual([404, 200])
    expect(await text(dataDir, ...rotate, '--drop-old')).toBe('There is no old secret.\n')
    expect([await statusOf(fresh)]).toEqual([200])
  })

  test('is not piled up without end, and what is wrong with the file is said', async () => {
    const { dataDir } = gateway
    const file = join(dataDir, 'signing-secret')
    const secrets = Array.from({ length: 16 }, (_, index) => `${oldSecret}-${index}`)
    writeFileSync(file, secrets.join('\n'))
    expect(await refusal(...rotate, '--data', dataDir)).toContain('--drop-old')
    await gateway.restart()
    writeFileSync(file, `${newSecret}\ncut-off\n`)
    expect(await refusal(...rotate, '--data', dataDir)).toMatch(
      /signing-secret must have at least 16 characters in each secret, and number 2 of 2 has 7/,
    )
    expect(readFileSync(file, 'utf8')).toBe(`${newSecret}\ncut-off\n`)
  })

  test('gets each of the new ones, where several commands make one at once', async () => {
    const { dataDir } = gateway
    const made = await Promise.all([1, 2, 3, 4].map(() => runCli([...rotate, '--data', dataDir])))
    for (const { code, stdout, stderr } of made) {
      expect([code, stdout]).toEqual([0, expect.stringContaining('A new secret signs')])
      // Whoever has to wait says so.
      expect(stderr).toMatch(/^(Another command is at the secrets; waiting for it\.\n)?$/)
    }
    const kept = readFileSync(join(dataDir, 'signing-secret'), 'utf8').trim().split('\n')
    expect(new Set(kept).size).toBe(5)
  })

  test('is not made anew where the file is empty: every link would break', async () => {
    const { dataDir } = gateway
    const file = join(dataDir, 'signing-secret')
    await gateway.kill('SIGTERM')
    writeFileSync(file, '\n')
    expect(await refusal(...rotate, '--data', dataDir)).toContain('holds no secret. Put it back')
    const { code, stderr } = await runCli(['serve', '--data', dataDir, '--port', '0'])
    expect([code, stderr]).toEqual([1, expect.stringContaining('holds no secret. Put it back')])
    expect(readFileSync(file, 'utf8')).toBe('\n')
  })

  test('is not touched where the environment holds it, or no gateway was there', async () => {
    const { code, stderr } = await runCli([...rotate, '--data', gateway.dataDir], {
      env: { FILMGATE_SIGNING_SECRET: oldSecret },
    })
    expect([code, stderr]).toEqual([1, expect.stringContaining('FILMGATE_SIGNING_SECRET is set')])
    expect(await refusal(...rotate, '--data', temporaryFolder())).toContain('no Filmgate database')
  })
})

describe('FILMGATE_SIGNING_SECRET', () => {
  test('may hold the old one beside the new one', async () => {
    const dataDir = temporaryFolder()
    const serve = (secret: string) =>
      startGateway({ dataDir, env: { FILMGATE_SIGNING_SECRET: secret } })
    const before = await serve(oldSecret)
    const { link: old } = await makeFile(before)
    await before.kill()
    const after = await serve(`${newSecret}, ${oldSecret}`)
    const moved = (link: string) => link.replace(new URL(link).origin, after.baseURL)
    const { link: fresh } = await makeFile(after)
    expect([await statusOf(moved(old)), await statusOf(fresh)]).toEqual([200, 200])
    await after.kill()
    const later = await serve(newSecret)
    const statuses = [old, fresh].map((link) =>
      statusOf(link.replace(new URL(link).origin, later.baseURL)),
    )
    expect(await Promise.all(statuses)).toEqual([404, 200])
    await later.stop()
  })

  test('of too few characters stops the start, and is not shown', async () => {
    const { code, stderr } = await runCli(['serve', '--data', temporaryFolder(), '--port', '0'], {
      env: { FILMGATE_SIGNING_SECRET: `${newSecret},tooshort` },
    })
    expect(code).toBe(1)
    expect(stderr).toContain('FILMGATE_SIGNING_SECRET must have at least 16 characters')
    expect(stderr).toContain('number 2 of 2 has 8')
    expect(stderr).not.toContain('tooshort')
  })
})
