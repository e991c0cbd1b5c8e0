/** The disk fails, or the data folder is not what it was: one clear sentence, and nothing lost. */
import { createHash } from 'node:crypto'
import { spawn } from 'node:child_process'
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { expectError } from '../contract/support/expect-error.ts'
import { api, postImage, postVideo, untilEnded } from '../support/api.ts'
import {
  binPath,
  runCli,
  startGateway,
  temporaryFolder,
  type TestGateway,
} from '../support/gateway.ts'
import { databaseFileOf, tamper } from './support/database-file.ts'
import { limitFileSize, noFullDisk } from './support/full-disk.ts'
import { expectTruth, liftLimits } from './support/truth.ts'

describe('a disk that fills up under a running gateway', () => {
  const reason = noFullDisk()
  if (reason !== undefined) console.warn(`skipped, because ${reason}`)

  test.skipIf(reason !== undefined)(
    'refuses with server_error, goes on reading, and ends everything accepted once there is space',
    async () => {
      const gateway = await startGateway()
      onTestFinished(() => gateway.stop())
      await liftLimits(gateway)
      const films = await Promise.all(
        [0, 1, 2].map(() => postVideo(gateway, { aspect_ratio: '1:1' })),
      )
      const awaited = postImage(
        gateway,
        { prompt: 'a red fox [[delay ms=700]]' },
        { headers: { 'idempotency-key': 'awaited' } },
      )
      const pending = await postImage(
        gateway,
        { prompt: 'a red fox [[delay ms=500]]' },
        { headers: { prefer: 'respond-async' } },
      )
      const pid = gateway.process.pid

      limitFileSize(pid, 0)
      const before = await api(gateway, 'GET', '/v2/billing/balance')
      const refused = await Promise.all([
        postImage(gateway),
        postVideo(gateway, {}, { headers: { 'idempotency-key': 'refused' } }),
        api(gateway, 'POST', `/v2/images/generations/${pending.body.id}/cancel`),
      ])
      for (const { status, body, headers } of refused) {
        expect(status).toBe(500)
        expect(body.error).toMatchObject({ code: 'server_error', type: 'invalid_request_error' })
        expect(body.error.message).toContain('cannot write to its storage')
        expect(headers.get('x-should-retry')).toBe('true')
      }
      expect((await api(gateway, 'GET', '/v2/billing/balance')).body).toEqual(before.body)
      // The delays are over by the end of this wait, and what they held up has met the full disk.
      const held = await api(gateway, 'GET', `/v2/images/generations/${pending.body.id}`, {
        headers: { prefer: 'wait=2' },
      })
      expect(held.body.status).toBe('pending')

      limitFileSize(pid, 'unlimited')
      expect((await awaited).status).toBe(200)
      expect((await untilEnded(gateway, pending.body.id, 'image')).body.status).toBe('completed')
      for (const { body } of films) {
        expect((await untilEnded(gateway, body.id)).body.status).toBe('completed')
      }
      expect((await postImage(gateway)).status).toBe(200)
      const retried = await postVideo(gateway, {}, { headers: { 'idempotency-key': 'refused' } })
      expect(retried.headers.get('idempotent-replayed')).toBeNull()
      await untilEnded(gateway, retried.body.id)
      expect(gateway.process.pid).toBe(pid)
      await expectTruth(gateway)
    },
  )

  test.skipIf(reason !== undefined)(
    'and kills it: the next start, with space, finishes what was accepted',
    async () => {
      const gateway = await startGateway()
      onTestFinished(() => gateway.stop())
      const film = await postVideo(gateway, { aspect_ratio: '1:1' })
      limitFileSize(gateway.process.pid, 0)
      expect((await postImage(gateway)).status).toBe(500)
      await gateway.kill()
      await gateway.restart()
      expect((await untilEnded(gateway, film.body.id)).body.status).toBe('completed')
      await expectTruth(gateway)
    },
  )
})

test('a folder for media that cannot be written only delays: the image comes once it can', async () => {
  const gateway = await startGateway()
  onTestFinished(() => gateway.stop())
  const incoming = join(gateway.dataDir, 'media', 'incoming')
  rmSync(incoming, { recursive: true })
  writeFileSync(incoming, 'a file in the place of a folder')
  const { body } = await postImage(gateway, {}, { headers: { prefer: 'respond-async' } })
  const held = await api(gateway, 'GET', `/v2/images/generations/${body.id}`, {
    headers: { prefer: 'wait=2' },
  })
  expect(held.body.status).toBe('pending')
  expect(gateway.log.join('\n')).toMatch(/cannot record an answer|step failed; it is tried again/)

  rmSync(incoming)
  mkdirSync(incoming)
  expect((await untilEnded(gateway, body.id, 'image')).body.status).toBe('completed')
  await expectTruth(gateway)
})

describe('a database that is taken away from under a running gateway', () => {
  const files = ['filmgate.db', 'filmgate.db-wal']
  test.each(files)('%s: nothing more is accepted into it, until it is back', async (name) => {
    const gateway = await startGateway()
    onTestFinished(() => gateway.stop())
    const film = await postVideo(gateway, { aspect_ratio: '1:1' })
    const file = join(gateway.dataDir, name)
    renameSync(file, `${file}.away`)
    const refused = await postImage(gateway)
    expectError(refused, 'server_error', { message: /cannot write to its storage/ })
    const logged = gateway.log.find((line) =>
      line.includes(refused.headers.get('x-request-id') ?? ''),
    )
    expect(logged).toMatch(new RegExp(`${name} was: it was removed or replaced`))
    const ready = await api(gateway, 'GET', '/readyz', { key: null })
    expect([ready.status, ready.body.checks]).toEqual([503, { database: 'failing', disk: 'ok' }])

    renameSync(`${file}.away`, file)
    expect((await untilEnded(gateway, film.body.id)).body.status).toBe('completed')
    expect((await postImage(gateway)).status).toBe(200)
    await expectTruth(gateway)
  })

  test('a command does not make an empty one in its place', async () => {
    const gateway = await startGateway()
    onTestFinished(() => gateway.stop())
    const file = databaseFileOf(gateway.dataDir)
    renameSync(file, `${file}.away`)
    const { code, stderr } = await runCli(['keys', 'create', '--data', gateway.dataDir])
    expect([code, stderr]).toEqual([
      1,
      expect.stringMatching(/its database .* is gone\. Put the file back/),
    ])
    expect(existsSync(file)).toBe(false)
    renameSync(`${file}.away`, file)
  })
})

describe('a data folder with a history', () => {
  let gateway: TestGateway
  beforeAll(async () => {
    gateway = await startGateway()
    expect((await postImage(gateway)).status).toBe(200)
  })
  afterAll(() => gateway.stop())

  test('is served by one gateway: a second one is refused, and the first goes on', async () => {
    const second = await serve(gateway.dataDir)
    expectRefusal(second, /Another gateway already serves .* Stop it first/)
    expect((await postImage(gateway)).status).toBe(200)
    await expectTruth(gateway)
  })

  test('is free again at once after a kill', async () => {
    await gateway.kill()
    await gateway.restart()
    expect((await postImage(gateway)).status).toBe(200)
  })

  test('whose database begins with garbage is refused and left as it is', async () => {
    const folder = await copyOf(gateway)
    const bytes = readFileSync(databaseFileOf(folder))
    writeFileSync(
      databaseFileOf(folder),
      Buffer.concat([Buffer.alloc(100, 7), bytes.subarray(100)]),
    )
    await expectUntouched(folder, /filmgate\.db is damaged .* Restore a backup/)
  })

  test.each([0.9, 0.5, 0.001])(
    'whose database was cut off at %f of its length is refused and left as it is',
    async (share) => {
      const folder = await copyOf(gateway)
      const file = databaseFileOf(folder)
      truncateSync(file, Math.floor(statSync(file).size * share))
      await expectUntouched(folder, /filmgate\.db is damaged .* Restore a backup/)
    },
  )

  test('of a newer Filmgate is refused and left as it is, by every command', async () => {
    const folder = await copyOf(gateway)
    tamper(folder, "INSERT INTO schema_migrations VALUES (9999, '9999-future.sql', 1)")
    const sentence = /of a newer Filmgate \(schema 9999.*Install the newer version again/
    await expectUntouched(folder, sentence)
    const audit = await runCli(['audit', '--data', folder])
    expectRefusal(audit, sentence)
  })

  test('opens as it was, if nothing is wrong with it: the control', async () => {
    const folder = await copyOf(gateway)
    const copy = await startGateway({ dataDir: folder })
    onTestFinished(() => copy.stop())
    await expectTruth(copy)
  })

  /** A copy of the folder of the gateway, which is stopped for it so that the file is whole. */
  async function copyOf({ dataDir }: TestGateway): Promise<string> {
    await gateway.kill('SIGTERM')
    const folder = join(temporaryFolder(), 'data')
    cpSync(dataDir, folder, { recursive: true })
    return folder
  }
})

describe('a data folder that cannot be used', () => {
  test('below a file is refused', async () => {
    const file = join(temporaryFolder(), 'file')
    writeFileSync(file, 'not a folder')
    expectRefusal(await serve(join(file, 'data')), /data folder .* cannot be written .* --data/)
    expect(readFileSync(file, 'utf8')).toBe('not a folder')
  })

  // The superuser may write anywhere, so for it the gateway runs as nobody.
  const nobody = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {}

  test('without the right to write is refused', async (context) => {
    const folder = temporaryFolder()
    chmodSync(folder, 0o555)
    const probe = await run(['-e', ''], nobody).catch(() => undefined)
    if (probe?.code !== 0) context.skip('Node cannot be run by an unprivileged user here')
    const refused = await run([binPath, 'serve', '--port', '0', '--data', folder], nobody)
    expectRefusal(refused, /data folder .* cannot be written .*owner, permissions/)
    expect(readdirSync(folder)).toEqual([])
  })

  test('whose lock is a folder is refused as that, not as one that is in use', async () => {
    const folder = temporaryFolder()
    mkdirSync(join(folder, 'gateway.lock'))
    expectRefusal(await serve(folder), /gateway\.lock cannot be written/)
  })

  test('whose database is a folder is refused', async () => {
    const folder = temporaryFolder()
    mkdirSync(databaseFileOf(folder))
    expectRefusal(await serve(folder), /filmgate\.db cannot be opened .* data folder/)
  })

  test('whose signing secret cannot be read is refused', async () => {
    const folder = temporaryFolder()
    mkdirSync(join(folder, 'signing-secret'))
    expectRefusal(await serve(folder), /data folder .* cannot be used .*EISDIR/)
  })

  test.each([0, 8, 40, 400])(
    'on a disk with room for files of %i blocks is refused, and served once there is more',
    async (blocks) => {
      const folder = temporaryFolder()
      const limited = ['-c', `ulimit -S -f ${blocks}; exec "$0" "$@"`, process.execPath, binPath]
      const refused = await run(
        [...limited, 'serve', '--port', '0', '--data', folder],
        { env: bootstrapEnv },
        '/bin/sh',
        isServing,
      )
      // Some room is enough to start with: then there is nothing to refuse.
      if (refused.code !== null) expectRefusal(refused, /Free disk space|free space/)
      const gateway = await startGateway({ dataDir: folder })
      onTestFinished(() => gateway.stop())
      expect((await postImage(gateway)).status).toBe(200)
      await expectTruth(gateway)
    },
  )
})

describe('a setting that is missing or wrong', () => {
  const files: [string, string, RegExp][] = [
    ['is not JSON', '{"retention": ', /filmgate\.json is not valid JSON/],
    ['is a list', '[]', /wrong at the top: it must be an object, not a list/],
    ['has an unknown key', '{"retension": {}}', /retension/],
    [
      'has a value of the wrong type',
      '{"retention": {"files_seconds": "1"}}',
      /wrong at retention\.files_seconds: it must be a whole number of seconds/,
    ],
    [
      'has a value out of range',
      '{"drain_seconds": 0}',
      /wrong at drain_seconds: it must be .* from 1 to 3600, not 0/,
    ],
    [
      'names an upstream that does not exist',
      '{"models": [{"id": "x", "type": "image", "unit_prices": {"1K": 1}, "routes": [{"upstream": "none"}]}]}',
      /the model x: routes\.0: there is no upstream none; there is sandbox/,
    ],
    [
      'has a model with the name of a built-in one',
      '{"models": [{"id": "sandbox-image", "type": "image", "unit_prices": {"1K": 1}, "routes": [{"upstream": "sandbox"}]}]}',
      /the id sandbox-image, which is one of the built-in/,
    ],
  ]
  test.each(files)('a configuration file that %s is refused', async (_what, text, sentence) => {
    const folder = temporaryFolder()
    const file = join(folder, 'filmgate.json')
    writeFileSync(file, text)
    const data = join(folder, 'data')
    expectRefusal(await serve(data, { args: ['--config', file] }), sentence)
    expect(readdirSync(folder)).toEqual(['filmgate.json'])
  })

  test('a configuration file that is named and missing is refused', async () => {
    const folder = temporaryFolder()
    const refused = await serve(join(folder, 'data'), { args: ['--config', 'absent.json'] })
    expectRefusal(refused, /absent\.json cannot be read/)
  })

  const variables: [string, string, RegExp][] = [
    ['FILMGATE_LOG_LEVEL', 'loud', /must be one of debug, info, warn, error, silent, not loud/],
    ['FILMGATE_PUBLIC_URL', 'ftp://example.com', /must be an http or https address/],
    ['FILMGATE_SIGNING_SECRET', 'short', /at least 16 characters/],
    ['FILMGATE_BOOTSTRAP_KEY', 'password', /must have the form sk_live_/],
    ['FILMGATE_BOOTSTRAP_BALANCE_USD', 'plenty', /amount of dollars such as 25/],
    ['FILMGATE_BOOTSTRAP_BALANCE_USD', '-1', /amount of dollars such as 25/],
  ]
  test.each(variables)('%s=%s is refused', async (name, value, sentence) => {
    const refused = await serve(temporaryFolder(), { env: { [name]: value } })
    expectRefusal(refused, sentence)
    expect(refused.stderr).toContain(name)
  })

  test.each(['65536', '-1', '80.5', 'http', ''])('--port %j is refused', async (port) => {
    const refused = await serve(temporaryFolder(), { args: [`--port=${port}`] })
    expectRefusal(refused, /--port must be a whole number from 0 to 65535/)
  })

  test('a port that is taken is refused, and nothing that was accepted is lost', async () => {
    const gateway = await startGateway()
    onTestFinished(() => gateway.stop())
    const film = await postVideo(gateway, { aspect_ratio: '1:1' })
    await gateway.kill()
    const other = createServer().listen(0, '127.0.0.1')
    onTestFinished(() => void other.close())
    await new Promise((resolve) => other.once('listening', resolve))
    // A listening TCP server has an address of this kind.
    const { port } = other.address() as AddressInfo
    const refused = await serve(gateway.dataDir, { args: ['--port', String(port)] })
    expectRefusal(refused, new RegExp(`Port ${port} on 127\\.0\\.0\\.1 is taken.*--port`))
    await gateway.restart()
    expect((await untilEnded(gateway, film.body.id)).body.status).toBe('completed')
    await expectTruth(gateway)
  })

  test.each([
    ['does.not.exist.invalid', /not known.*--host/],
    ['192.0.2.1', /does not have the address 192\.0\.2\.1.*--host/],
  ])('--host %s is refused', async (host, sentence) => {
    expectRefusal(await serve(temporaryFolder(), { args: ['--host', host] }), sentence)
  })
})

interface Ended {
  code: number | null
  stdout: string
  stderr: string
}

const bootstrapEnv = { FILMGATE_BOOTSTRAP_KEY: `sk_live_${'a1b2c3d4'.repeat(5)}` }

/** A start that is expected to be refused. */
function serve(
  dataDir: string,
  { args = [], env = {} }: { args?: string[]; env?: Record<string, string> } = {},
): Promise<Ended> {
  const command = [binPath, 'serve', '--port', '0', '--data', dataDir, ...args]
  return run(command, { env: { ...bootstrapEnv, ...env } }, process.execPath, isServing)
}

/** A start that was to be refused and was not must not go on for ever. */
function isServing(output: string): boolean {
  return output.includes('listening on')
}

/** One sentence for the operator, on standard error, and a code that says no. */
function expectRefusal({ code, stdout, stderr }: Ended, sentence: RegExp): void {
  expect(stderr).toMatch(sentence)
  expect(stderr).toMatch(/^filmgate: [^\n]+\.\n$/)
  expect(stdout).toBe('')
  expect(code).toBe(1)
}

/** Refused, and every byte that was in the folder is still there. */
async function expectUntouched(folder: string, sentence: RegExp): Promise<void> {
  const before = digestsOf(folder)
  expect(Object.keys(before)).toContain('filmgate.db')
  expectRefusal(await serve(folder), sentence)
  expect(digestsOf(folder)).toEqual(before)
}

/** Digest of each file by its path, without empty ones and the shared memory, which hold nothing. */
function digestsOf(folder: string): Record<string, string> {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => !path.endsWith('-shm') && statSync(path).size > 0)
  return Object.fromEntries(
    files.map((path) => [
      path.slice(folder.length + 1),
      createHash('sha256').update(readFileSync(path)).digest('hex'),
    ]),
  )
}

/** Runs a program to its end, or until it prints a line that it is then killed for. */
function run(
  args: string[],
  options: { uid?: number; gid?: number; env?: Record<string, string> },
  program: string = process.execPath,
  isEnough: (line: string) => boolean = () => false,
): Promise<Ended> {
  const { env = {}, ...ids } = options
  const child = spawn(program, args, { ...ids, env: { ...process.env, ...env } })
  const output = { stdout: '', stderr: '' }
  child.stdout.on('data', (data: Buffer) => {
    output.stdout += data.toString()
    if (isEnough(output.stdout)) child.kill('SIGKILL')
  })
  child.stderr.on('data', (data: Buffer) => (output.stderr += data.toString()))
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => resolve({ code, ...output }))
  })
}
