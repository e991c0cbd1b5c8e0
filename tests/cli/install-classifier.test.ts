/** The image classifier is other people's work: fetched, checked, and whole in the data folder or not there. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterEach, beforeAll, describe, expect, test } from 'vitest'
import {
  classifierPackages,
  packCommand,
  toTarballName,
} from '../../packages/server/src/safety/image-classifier/classifier-packages.ts'
import { findClassifierFault } from '../../packages/server/src/safety/image-classifier/installed-classifier.ts'
import { classifierTarballs } from '../support/classifier.ts'
import { binPath, runCli, temporaryFolder } from '../support/gateway.ts'
import { refusal } from './support/filmgate.ts'
import {
  npmSettings,
  startPackageRegistry,
  type PackageRegistry,
} from './support/package-registry.ts'

let tarballs: string
beforeAll(async () => {
  tarballs = await classifierTarballs()
})

const registries: PackageRegistry[] = []
afterEach(() => Promise.all(registries.splice(0).map((registry) => registry.close())))

type Options = Omit<Parameters<typeof startPackageRegistry>[0], 'tarballs'>
async function startRegistry(options: Options = {}): Promise<PackageRegistry> {
  const registry = await startPackageRegistry({ ...options, tarballs })
  registries.push(registry)
  return registry
}

const command = (data: string) => ['safety', 'install-classifier', '--data', data]
const names = classifierPackages.map(toTarballName)

/** Starts it without waiting; its lines on standard error can be waited for. */
function start(data: string, env: Record<string, string>) {
  const child = spawn(process.execPath, [binPath, ...command(data)], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const lines: string[] = []
  createInterface({ input: child.stderr }).on('line', (line) => lines.push(line))
  return { child, lines, ended: once(child, 'close') }
}

/** A gate that opens when it is told to. */
function gate() {
  let open = () => {}
  const opened = new Promise<void>((resolve) => (open = resolve))
  return { open, opened }
}

describe('with a network', () => {
  test('the pinned packages come from the registry of this machine, once', async () => {
    const { env, asked } = await startRegistry()
    const data = join(temporaryFolder(), 'new')
    const { code, stdout, stderr } = await runCli(command(data), { env })
    expect(code).toBe(0)
    expect(stdout).toBe(`The image classifier is in ${join(data, 'classifier')} (9.5 MB).\n`)
    expect(stderr.trimEnd().split('\n')).toEqual([
      '@tensorflow/tfjs-core 4.22.0 … (0.0 MB of 38.5 MB are done)',
      '@tensorflow/tfjs-converter 4.22.0 … (7.0 MB of 38.5 MB are done)',
      '@tensorflow/tfjs-backend-wasm 4.22.0 … (11.1 MB of 38.5 MB are done)',
      'nsfwjs 4.4.0 … (13.6 MB of 38.5 MB are done)',
    ])
    expect(asked).toEqual(names)
    expect(readdirSync(data).toSorted()).toEqual(['classifier', 'classifier.lock', 'media'])

    const again = await runCli([...command(data), '--json'], { env })
    expect(JSON.parse(again.stdout)).toMatchObject({ installed: false, bytes: 9_499_194 })
    expect(asked).toHaveLength(names.length)
  })

  test('a registry that sends another file installs nothing', async () => {
    const [first = ''] = names
    const { env } = await startRegistry({
      fileFor: (name) => (name === 'nsfwjs-4.4.0.tgz' ? first : name),
    })
    const data = temporaryFolder()
    const { code, stderr } = await runCli(command(data), { env })
    expect(stderr).toMatch(
      /nsfwjs-4\.4\.0\.tgz from the npm registry.* is not the file .*nothing was installed/,
    )
    expect(code).toBe(1)
    expect(readdirSync(data)).not.toContain('classifier')
    expect(readdirSync(data)).not.toContain('classifier.partial')
  })

  test('a registry that is down is told in one sentence, with the way without a network', async () => {
    const env = npmSettings('http://127.0.0.1:1')
    const { code, stderr } = await runCli(command(temporaryFolder()), { env })
    expect(stderr).toMatch(
      /\nfilmgate: npm could not fetch @tensorflow\/tfjs-core@4\.22\.0: .*ECONNREFUSED.* --from [^\n]+\.\n$/,
    )
    expect(code).toBe(1)
  })

  test('a machine without npm is told so', async () => {
    const env = { PATH: temporaryFolder(), npm_execpath: '' }
    const { code, stderr } = await runCli(command(temporaryFolder()), { env })
    expect(stderr).toMatch(/npm, which fetches the packages, could not be started .*--from/)
    expect(code).toBe(1)
  })

  test('of two at once one fetches, and the other waits for it', async () => {
    const { open, opened } = gate()
    const { env, asked } = await startRegistry({ beforeSending: () => opened })
    const data = temporaryFolder()
    const runs = [start(data, env), start(data, env)]
    // Whoever comes second says so; then the first may go on.
    await Promise.race(runs.map(({ child }) => untilSaid(child, 'Another installation')))
    open()
    expect(await Promise.all(runs.map(({ ended }) => ended))).toEqual([
      [0, null],
      [0, null],
    ])
    expect(asked).toEqual(names)
  })

  test.each(['SIGTERM', 'SIGKILL'] as const)(
    'one that %s ends leaves no half of it, and the next one succeeds',
    async (signal) => {
      const { open, opened } = gate()
      const third = gate()
      const registry = await startRegistry({
        beforeSending: (name) => {
          if (name !== names[2]) return undefined
          third.open()
          return opened
        },
      })
      const data = temporaryFolder()
      const { child, lines, ended } = start(data, registry.env)
      await third.opened
      child.kill(signal)
      expect(await ended).toEqual(signal === 'SIGTERM' ? [1, null] : [null, 'SIGKILL'])
      expect(existsSync(join(data, 'classifier'))).toBe(false)
      if (signal === 'SIGTERM') {
        expect(lines.at(-1)).toMatch(/^filmgate: Stopped; nothing was installed/)
        expect(readdirSync(data)).not.toContain('classifier.partial')
      }
      open()
      expect((await runCli([...command(data), '--from', tarballs])).code).toBe(0)
      expect(await findClassifierFault(join(data, 'classifier'))).toBeUndefined()
      expect(readdirSync(data)).not.toContain('classifier.partial')
    },
  )
})

describe('without a network', () => {
  const offline = { PATH: '/nonexistent', npm_execpath: '' }

  test('a folder of the packages is enough', async () => {
    const data = temporaryFolder()
    const { code, stdout } = await runCli([...command(data), '--from', tarballs], { env: offline })
    expect(code).toBe(0)
    expect(stdout).toContain(join(data, 'classifier'))
    expect(await findClassifierFault(join(data, 'classifier'))).toBeUndefined()
  })

  test('the help says how to make that folder', async () => {
    const { stdout } = await runCli(['safety', 'install-classifier', '--help'])
    expect(stdout).toContain(packCommand)
    expect(packCommand).toMatch(/^npm pack @tensorflow\/tfjs-core@4\.22\.0 .* nsfwjs@4\.4\.0$/)
  })

  test('a folder that lacks one says which, and how to make it', async () => {
    const from = temporaryFolder()
    cpSync(tarballs, from, { recursive: true })
    rmSync(join(from, 'nsfwjs-4.4.0.tgz'))
    const data = temporaryFolder()
    const { code, stderr } = await runCli([...command(data), '--from', from])
    expect(code).toBe(1)
    expect(stderr).toContain(`filmgate: nsfwjs-4.4.0.tgz cannot be read in ${from} (ENOENT).`)
    expect(stderr).toContain(packCommand)
    expect(existsSync(join(data, 'classifier'))).toBe(false)
  })

  test('a file with one other byte is refused', async () => {
    const from = temporaryFolder()
    cpSync(tarballs, from, { recursive: true })
    writeFileSync(join(from, names[0] ?? ''), ' ', { flag: 'a' })
    const { code, stderr } = await runCli([...command(temporaryFolder()), '--from', from])
    expect(code).toBe(1)
    expect(stderr).toMatch(/tensorflow-tfjs-core-4\.22\.0\.tgz from .* is not the file/)
  })

  test('one that is damaged is told apart from one that is absent, and repaired', async () => {
    const data = temporaryFolder()
    const folder = join(data, 'classifier')
    expect(await findClassifierFault(folder)).toMatch(
      /^the image classifier is not installed in .* installs it$/,
    )
    await runCli([...command(data), '--from', tarballs])
    const file = join(folder, 'node_modules/nsfwjs/dist/models/mobilenet_v2_mid/model.min.js')
    truncateSync(file, 1000)
    expect(await findClassifierFault(folder)).toContain(`is damaged: ${file} is not what`)
    rmSync(file)
    expect(await findClassifierFault(folder)).toContain(`is damaged: ${file} is missing`)
    const { stdout } = await runCli([...command(data), '--from', tarballs, '--json'])
    expect(JSON.parse(stdout)).toMatchObject({ installed: true })
    expect(await findClassifierFault(folder)).toBeUndefined()
  })

  test('a data folder that cannot be written is told in one sentence', async () => {
    const file = join(temporaryFolder(), 'file')
    writeFileSync(file, '')
    expect(await refusal(...command(file))).toMatch(/The data folder .*cannot be written/)
    const data = temporaryFolder()
    mkdirSync(join(data, 'classifier.lock'))
    expect(await refusal(...command(data))).toMatch(/The lock \S+classifier\.lock cannot be used/)
  })
})

/** Resolves when a process has written the words to standard error. */
function untilSaid({ stderr }: { stderr: NodeJS.ReadableStream }, words: string): Promise<void> {
  return new Promise((resolve) => {
    stderr.on('data', (data: Buffer) => data.toString().includes(words) && resolve())
  })
}
