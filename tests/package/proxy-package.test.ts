import { execFile } from 'node:child_process'
import { cp, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { rolldown } from 'rolldown'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { lend, packClient, repository, type PackedClient } from './support/packed-client.ts'

const run = promisify(execFile)

let packed: PackedClient
beforeAll(async () => {
  packed = await packClient()
}, 120_000)
afterAll(() => packed?.remove())

/** The packed package as a bundler for a page or for an edge runtime takes it. */
async function bundle(specifier: string): Promise<{ code: string; modules: string[] }> {
  const input = join(packed.project, 'entry.mjs')
  await writeFile(input, `export * from '${specifier}'\n`)
  const build = await rolldown({ input, platform: 'neutral' })
  const { output } = await build.generate({ format: 'esm', minify: true })
  const modules = output[0].moduleIds.map((id) => id.replace(/^.*\/dist\//, ''))
  return { code: output[0].code, modules }
}

test('the client does not bring the proxy along, nor the proxy the client', async () => {
  const client = await bundle('@filmgate/client')
  expect(client.modules.filter((module) => module.startsWith('proxy'))).toEqual([])
  const proxy = await bundle('@filmgate/client/proxy')
  expect(proxy.modules).toContain('proxy.js')
  expect(proxy.modules).not.toContain('client.js')
  const bytes = gzipSync(proxy.code, { level: 9 }).length
  console.log(`@filmgate/client/proxy: ${proxy.code.length} bytes minified, ${bytes} gzipped`)
  expect(bytes).toBeLessThan(9_216)
})

test('the proxy loads nothing from a runtime, so that edge runtimes take it', async () => {
  const { code } = await bundle('@filmgate/client/proxy')
  expect(code).not.toMatch(/\bimport\b|from ?["']node:|require\(/)
})

test('it can be required', async () => {
  const program = `
    const { createProxy, Refusal } = require('@filmgate/client/proxy')
    const authorize = () => { throw new Refusal('rate_limit', 'Later.') }
    createProxy({ authorize })(new Request('http://site.example/v2/models'))
      .then(({ status }) => console.log(status))`
  const args = ['--input-type=commonjs', '--eval', program]
  const { stdout } = await run(process.execPath, args, { cwd: packed.project })
  expect(stdout).toBe('429\n')
})

// What Next.js's own type checker demands of a route, what node:http takes, and what Hono passes.
const consumer = `
  import { createProxy, Refusal, toNodeHandler, type ProxyOptions } from '@filmgate/client/proxy'
  const options: ProxyOptions = {
    authorize: async (request) => ({ user: request.headers.get('x-user') }),
    transform: (body) => ({ ...body, duration: 5 }),
    canRead: (id, { user }) => id === user,
    onAccepted: (_id, { isReplayed }) => console.log(isReplayed),
    allow: { models: ['sandbox-image'] },
    basePath: '/films',
  }
  const films = createProxy(options)
  const GET: (request: Request, context: { params: Promise<object> }) => Promise<Response> = films
  export { GET, films as POST }
  interface Incoming { session?: { userId: string } }
  export const own = createProxy<Incoming>({
    authorize(_request, { session }) {
      if (!session) throw new Refusal('rate_limit', 'Later.', { retryAfter: 5 })
      return { user: session.userId }
    },
  })
  export const nodes = [toNodeHandler(films), toNodeHandler(own)] as const
  createProxy({})`

const settings: { module: string; moduleResolution?: string; lib: string[]; types: string[] }[] = [
  { module: 'nodenext', lib: ['es2023', 'dom', 'dom.iterable'], types: [] },
  { module: 'preserve', moduleResolution: 'bundler', lib: ['es2023', 'dom'], types: [] },
  { module: 'nodenext', lib: ['es2023'], types: ['node'] },
]

test.each(settings)('a project with %j finds its types', async (compilerOptions) => {
  const folder = join(packed.project, `proxy-types-${settings.indexOf(compilerOptions)}`)
  await mkdir(folder)
  await cp(join(packed.project, 'node_modules'), join(folder, 'node_modules'), { recursive: true })
  const isForNode = compilerOptions.types.includes('node')
  if (isForNode) {
    await lend(folder, '@types/node')
    await lend(folder, 'undici-types')
  }
  const strict = { strict: true, noEmit: true, skipLibCheck: false, target: 'es2022' }
  const options = { compilerOptions: { ...strict, ...compilerOptions }, files: ['consumer.ts'] }
  const server = isForNode
    ? "import('node:http').then((http) => nodes.map((node) => http.createServer(node)))"
    : ''
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(options))
  await writeFile(
    join(folder, 'consumer.ts'),
    `${consumer}\n  export const served = ${server || 0}`,
  )
  expect(await complaints(folder)).toEqual([
    expect.stringMatching(/^consumer\.ts\(22,15\): error TS2741: Property 'authorize' is missing/),
  ])
})

/** The first line of each thing that the compiler has to say. */
function complaints(folder: string): Promise<string[]> {
  const tsc = join(repository, 'node_modules/typescript/bin/tsc')
  return new Promise((resolve) => {
    execFile(process.execPath, [tsc, '-p', '.'], { cwd: folder }, (_error, stdout) =>
      resolve(stdout.split('\n').filter((line) => /^\S/.test(line))),
    )
  })
}
