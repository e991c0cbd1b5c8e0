/**
 * Writes everything that is made from the contract: the OpenAPI document, the Markdown pages of the
 * error codes, the client's sources; and from the schema of the configuration file: its page, and the
 * schema for editors; and the table of the walls in ARCHITECTURE.md. With `--check` it writes nothing,
 * names each file that differs and each import through a wall, and exits with 1 if there is one.
 */
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname, join, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import type * as serveModule from '../packages/server/dist/cli/serve.js'
import type * as configFileModule from '../packages/server/dist/config/config-file.js'
import type * as describeModule from '../packages/server/dist/config/describe-value.js'
import type * as environmentModule from '../packages/server/dist/config/environment.js'
import type * as errorsModule from '../packages/server/dist/contract/errors.js'
import type * as openApiModule from '../packages/server/dist/contract/openapi.js'
import type * as markdownModule from '../packages/server/dist/pages/error-markdown.js'
import { clientSources } from './client-types.ts'
import { configPage } from './config-page.ts'
import { editorSchema } from './config-schema.ts'
import { recordedUrl } from './examples-module.ts'
import { wallBreaches, wallRows, type Sources } from './walls.ts'

const root = new URL(import.meta.url.includes('/tools/dist/') ? '../../' : '../', import.meta.url)
const pagesFolder = 'docs/errors'
const architecturePage = 'ARCHITECTURE.md'

// A relative import would point at another place after compiling (tools/ becomes tools/dist/).
async function built(path: string): Promise<unknown> {
  return import(new URL(`packages/server/dist/${path}.js`, root).href)
}

/** Every generated file with its content, by path from the repository root. */
export async function generatedFiles(): Promise<Map<string, string>> {
  // The casts hold because the types are those of the very modules loaded.
  const { toOpenApi } = (await built('contract/openapi')) as typeof openApiModule
  const { errorCodes } = (await built('contract/errors')) as typeof errorsModule
  const { errorMarkdown, errorsIndexMarkdown } = (await built(
    'pages/error-markdown',
  )) as typeof markdownModule
  const document = toOpenApi({ publicUrl: recordedUrl, version: await versionOf('server') })
  return new Map([
    ['packages/server/src/contract/generated/openapi.json', toJson(document)],
    [`${pagesFolder}/README.md`, errorsIndexMarkdown()],
    ...errorCodes.map((code): [string, string] => [
      `${pagesFolder}/${code}.md`,
      errorMarkdown(code, recordedUrl),
    ]),
    ...Object.entries(await clientSources(document, await versionOf('client'))),
    ...(await configFiles()),
    [architecturePage, await architecture()],
  ])
}

/** The page as it is, with the table of the walls as tools/wall-table.ts has it now. */
async function architecture(): Promise<string> {
  const page = await readFile(absolute(architecturePage), 'utf8')
  const table = /^\| folder \| what it is \|.*\n(?:\|.*\n)+/m
  if (!table.test(page)) throw new Error(`${architecturePage} has no table of the walls`)
  return page.replace(table, () => `${wallRows()}\n`)
}

async function serverSources(): Promise<Sources> {
  const folder = absolute('packages/server/src')
  const paths = (await readdir(folder, { recursive: true })).filter((path) => path.endsWith('.ts'))
  const read = async (path: string): Promise<[string, string]> => [
    path.replaceAll(sep, '/'),
    await readFile(join(folder, path), 'utf8'),
  ]
  return new Map(await Promise.all(paths.toSorted().map(read)))
}

async function configFiles(): Promise<[string, string][]> {
  // The casts hold because the types are those of the very modules loaded.
  const { ConfigFile } = (await built('config/config-file')) as typeof configFileModule
  const { describeValue } = (await built('config/describe-value')) as typeof describeModule
  const { environmentVariables } = (await built('config/environment')) as typeof environmentModule
  const { serveCommand } = (await built('cli/serve')) as typeof serveModule
  const page = configPage({
    schema: ConfigFile,
    describeValue,
    variables: environmentVariables,
    flags: serveCommand().options,
  })
  return [
    ['docs/configuration.md', page],
    ['packages/server/filmgate.config.schema.json', toJson(editorSchema(ConfigFile))],
  ]
}

function toJson(value: object): string {
  return `${JSON.stringify(value, null, 2)}\n`
}

/** Paths that differ from what their source says now: changed, absent, or left over from a removed code. */
export async function driftedFiles(): Promise<string[]> {
  const files = await generatedFiles()
  const drifted: string[] = []
  for (const [path, content] of files) {
    if ((await currentContent(path)) !== content) drifted.push(path)
  }
  return [...drifted, ...(await leftovers(files))]
}

async function writeAll(): Promise<void> {
  const files = await generatedFiles()
  for (const [path, content] of files) {
    const target = absolute(path)
    await mkdir(dirname(target), { recursive: true })
    if ((await currentContent(path)) === content) continue
    await writeFile(target, content)
    console.log(`wrote ${path}`)
  }
  for (const path of await leftovers(files)) {
    await rm(absolute(path))
    console.log(`removed ${path}`)
  }
  console.log(`${files.size} generated files are up to date`)
}

async function leftovers(files: ReadonlyMap<string, string>): Promise<string[]> {
  const present = await readdir(absolute(pagesFolder)).catch(() => [])
  return present.map((name) => `${pagesFolder}/${name}`).filter((path) => !files.has(path))
}

async function currentContent(path: string): Promise<string | undefined> {
  return readFile(absolute(path), 'utf8').catch(() => undefined)
}

async function versionOf(name: 'client' | 'server'): Promise<string> {
  const path = `packages/${name}/package.json`
  const parsed: unknown = JSON.parse(await readFile(absolute(path), 'utf8'))
  if (typeof parsed === 'object' && parsed !== null && 'version' in parsed)
    return String(parsed.version)
  throw new Error(`${path} has no version`)
}

function absolute(path: string): string {
  return join(fileURLToPath(root), path)
}

async function check(): Promise<void> {
  const drifted = await driftedFiles()
  for (const path of drifted) console.error(`differs from its source: ${path}`)
  if (drifted.length > 0) console.error('Run `npm run generate` and commit what it writes.')
  const breaches = wallBreaches(await serverSources())
  for (const breach of breaches) console.error(breach)
  process.exitCode = drifted.length + breaches.length > 0 ? 1 : 0
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await (process.argv.includes('--check') ? check() : writeAll())
}
