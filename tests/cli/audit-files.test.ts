/** What `filmgate audit` says of the files: that each is, byte for byte, what was stored. */
import { readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { tamper } from '../faults/support/database-file.ts'
import { green, solid, toDataUrl } from '../safety/api/support/colours.ts'
import { postImage } from '../support/api.ts'
import { runCli, startGateway, type TestGateway } from '../support/gateway.ts'
import { json } from './support/filmgate.ts'

interface Kept {
  key: string
  path: string
}

let gateway: TestGateway
/** A result, then the reference image it was made with. */
let files: Kept[]
beforeAll(async () => {
  gateway = await startGateway()
  const images = [{ url: toDataUrl(await solid(green)) }]
  expect((await postImage(gateway, { images })).status).toBe(200)
  await gateway.kill()
  files = readdirSync(join(gateway.dataDir, 'media', 'kept'), {
    recursive: true,
    withFileTypes: true,
  })
    .filter((entry) => entry.isFile())
    .map(({ name, parentPath }) => ({ key: name, path: join(parentPath, name) }))
    .sort((one, other) => (one.key < other.key ? -1 : 1))
  expect(files.map(({ key }) => key.replace(/^gen_\w+/, ''))).toEqual(['-1-0', '-input0.png'])
})
afterAll(() => gateway.stop())

/** Harms a file for one test. */
function harm({ path }: Kept, work: (bytes: Buffer) => void): void {
  const before = readFileSync(path)
  onTestFinished(() => {
    rmSync(path, { recursive: true, force: true })
    writeFileSync(path, before)
  })
  work(Buffer.from(before))
}

async function problemsOf(...flags: string[]): Promise<string[]> {
  const report = await runCli(['audit', '--json', ...flags, '--data', gateway.dataDir])
  const { problems } = JSON.parse(report.stdout) as { problems: string[] }
  expect(report.code).toBe(problems.length === 0 ? 0 : 1)
  expect(report.stderr).toBe('')
  return problems
}

test.each([
  ['first', 0],
  ['middle', 0.5],
  ['last', 1],
])(
  'one bit of the %s byte that is not as stored is found, in results and in reference images',
  async (_which, at) => {
    for (const file of files) {
      harm(file, (bytes) => {
        const index = Math.floor(at * (bytes.length - 1))
        bytes[index] = (bytes[index] ?? 0) ^ 1
        writeFileSync(file.path, bytes)
      })
    }
    expect(await problemsOf()).toEqual(
      files.map(({ key }) =>
        expect.stringMatching(
          `^file ${key}: its content is not what was stored \\(SHA-256 is \\w{64}, was \\w{64}\\)$`,
        ),
      ),
    )
    // The size is the same, which is all that --quick looks at.
    expect(await problemsOf('--quick')).toEqual([])
  },
)

test('files that are as they were stored are clean: the control', async () => {
  expect(await json(gateway.dataDir, 'audit')).toMatchObject({ files: 2, problems: [] })
})

test('a file that lacks a byte is found, also by a quick look', async () => {
  for (const file of files) {
    harm(file, (bytes) => {
      writeFileSync(file.path, bytes.subarray(1))
    })
  }
  const sentences = files.map(({ key, path }) => {
    const { size } = statSync(path)
    return `file ${key}: ${size} instead of ${size + 1} bytes`
  })
  expect(await problemsOf()).toEqual(sentences)
  expect(await problemsOf('--quick')).toEqual(sentences)
})

test('a file that cannot be read is named, and the others are still looked at', async () => {
  const [looped, changed] = files
  if (looped === undefined || changed === undefined) throw new Error('there are two files')
  harm(looped, () => {
    rmSync(looped.path)
    // A name that leads to itself: it is there, and nobody can open it, the root user neither.
    symlinkSync(looped.path, looped.path)
  })
  harm(changed, (bytes) => writeFileSync(changed.path, bytes.fill(0)))
  expect(await problemsOf()).toEqual([
    expect.stringMatching(`^file ${looped.key}: cannot be read \\(ELOOP`),
    expect.stringMatching(`^file ${changed.key}: its content is not what was stored`),
  ])
})

test('a file that belongs to an ended generation and is on no record is found', async () => {
  const [{ path, key }] = files as [Kept]
  const stray = key.replace(/-0$/, '-1')
  const strayPath = path.replace(key, stray)
  writeFileSync(strayPath, 'left behind')
  onTestFinished(() => rmSync(strayPath))
  expect(await problemsOf()).toEqual([`file ${stray} belongs to nothing`])
})

test('a file that is gone is a fault until its time has come, and none after', async () => {
  for (const file of files) harm(file, () => rmSync(file.path))
  expect(await problemsOf()).toEqual(
    files.map(({ key }) => expect.stringMatching(`^file ${key}: missing instead of \\d+ bytes$`)),
  )
  for (const table of ['outputs', 'reference_images']) {
    tamper(gateway.dataDir, `UPDATE ${table} SET deletes_at = 1`)
  }
  expect(await problemsOf()).toEqual([])
})
