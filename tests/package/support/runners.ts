import { execFile } from 'node:child_process'
import { access, readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { basename, dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { chromiumPath, launchBrowser } from '../../support/browser.ts'
import { askWorker } from './edge.ts'
import { installed } from './installed.ts'
import { bun, commandOf, deno, thisNode, workerd, type RuntimeRow } from './runtimes.ts'

const run = promisify(execFile)

/** Runs a bundle and gives what the probe in it reports. */
type Runner = (file: string, settings: Record<string, string>) => Promise<unknown>

/** What runs a bundle, by name. Each is fetched first, which throws with the reason where it cannot be had. */
export const runners = {
  Node: () => program(thisNode),
  Bun: () => program(bun),
  Deno: () => program(deno),

  async Chromium(): Promise<Runner> {
    await access(chromiumPath ?? 'Chromium')
    return runInChromium
  },

  async workerd(): Promise<Runner> {
    const [binary] = await commandOf(workerd)
    return (file, settings) => askWorker(binary, file, settings)
  },

  async 'Edge Runtime'(): Promise<Runner> {
    const folder = await installed('@edge-runtime/vm@5')
    const loaded: unknown = createRequire(join(folder, 'package.json'))('@edge-runtime/vm')
    // Its own types are where it is installed, out of the compiler's sight.
    const { EdgeVM } = loaded as { EdgeVM: new () => { evaluate(code: string): unknown } }
    return async (file, settings) => {
      const vm = new EdgeVM()
      vm.evaluate(await readFile(file, 'utf8'))
      return vm.evaluate(callOfProbe(settings))
    }
  },
}

async function program(runtime: RuntimeRow): Promise<Runner> {
  const [binary, ...flags] = await commandOf(runtime)
  return async (file, settings) => {
    const env = { ...process.env, ...settings }
    const { stdout } = await run(binary, [...flags, file], { cwd: dirname(file), env })
    return JSON.parse(stdout)
  }
}

const runInChromium: Runner = async (file, settings) => {
  const browser = await launchBrowser()
  try {
    const page = await browser.newPage()
    // An empty page at the gateway's own address, so that no policy of a real page has a say. The
    // bundle lies beside it, with what it loads later.
    const address = `${settings['FILMGATE_BASE_URL']}/empty-page/`
    await page.route(`${address}**`, (route) => {
      const name = basename(route.request().url())
      return name === 'empty-page'
        ? route.fulfill({ contentType: 'text/html', body: '' })
        : route.fulfill({ contentType: 'text/javascript', path: join(dirname(file), name) })
    })
    await page.goto(address)
    await page.addScriptTag({ url: `${address}${basename(file)}` })
    return await page.evaluate(callOfProbe(settings))
  } finally {
    await browser.close()
  }
}

/** Calls what page.mjs leaves behind. */
function callOfProbe(settings: Record<string, string>): string {
  return `runProbe(${JSON.stringify(settings)})`
}
