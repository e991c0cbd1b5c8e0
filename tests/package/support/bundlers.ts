import { execFile } from 'node:child_process'
import { basename, dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { rolldown } from 'rolldown'
import { installed } from './installed.ts'
import { bun, commandOf } from './runtimes.ts'

const run = promisify(execFile)

/** What a bundle is made for. A script sees no modules, a worker nothing of Node's. */
export type Form = 'node module' | 'node commonjs' | 'script' | 'worker'

/** One bundle to make; `project` has the entry and the client. */
export interface Order {
  project: string
  entry: string
  output: string
  form: Form
}

/** Makes it, minified. Throws where the bundler has anything to complain of. */
type Bundler = (order: Order) => Promise<void>

/** The bundlers by name. Each is fetched first, which throws with the reason where it cannot be had. */
export const bundlers = {
  rolldown: async (): Promise<Bundler> => bundleWithRolldown,

  async esbuild(): Promise<Bundler> {
    const folder = await installed('esbuild@0.28')
    const tool = join(folder, 'node_modules/esbuild/bin/esbuild')
    const flags = ['--bundle', '--minify', '--log-level=warning']
    return async ({ project, entry, output, form }) => {
      const args = [tool, entry, ...flags, ...esbuildFlags[form], `--outfile=${output}`]
      const { stderr } = await run(process.execPath, args, { cwd: project })
      if (stderr !== '') throw new Error(stderr)
    }
  },

  async webpack(): Promise<Bundler> {
    const folder = await installed('webpack@5', 'webpack-cli@7')
    const tool = join(folder, 'node_modules/webpack-cli/bin/cli.js')
    const flags = ['--mode', 'production', '--fail-on-warnings']
    return async ({ project, entry, output, form }) => {
      const files = ['--entry', `./${entry}`, '-o', dirname(output)]
      const target = ['--output-filename', basename(output), ...webpackFlags[form]]
      await run(process.execPath, [tool, ...files, ...target, ...flags], { cwd: project })
    }
  },

  async bun(): Promise<Bundler> {
    const [program] = await commandOf(bun)
    return async ({ project, entry, output }) => {
      const args = ['build', entry, '--target=bun', '--minify', `--outfile=${output}`]
      await run(program, args, { cwd: project })
    }
  },
}

const bundleWithRolldown: Bundler = async ({ project, entry, output, form }) => {
  const build = await rolldown({
    cwd: project,
    input: `./${entry}`,
    platform: form.startsWith('node') ? 'node' : 'browser',
    onLog(_level, log) {
      throw new Error(log.message)
    },
  })
  await build.write({
    dir: dirname(output),
    entryFileNames: basename(output),
    format: rolldownFormats[form],
    // A script, and what an edge platform takes, is one file.
    codeSplitting: form !== 'worker' && form !== 'script',
    minify: true,
  })
}

const rolldownFormats = {
  'node module': 'esm',
  'node commonjs': 'cjs',
  script: 'iife',
  worker: 'esm',
} as const

const esbuildFlags: Record<Form, string[]> = {
  'node module': ['--platform=node', '--format=esm'],
  'node commonjs': ['--platform=node', '--format=cjs'],
  script: ['--platform=browser', '--format=iife'],
  // As wrangler, the tool of Cloudflare's users, calls it.
  worker: ['--format=esm', '--conditions=workerd,worker,browser'],
}

// Without a configuration file it makes no modules; where a script will do, its output is one. `eager`
// puts what is loaded later into the same file.
const webpackFlags: Record<Form, string[]> = {
  'node module': ['--target', 'node20'],
  'node commonjs': ['--target', 'node20'],
  script: ['--target', 'web'],
  worker: ['--target', 'webworker', '--module-parser-javascript-dynamic-import-mode', 'eager'],
}
