// Brings a fresh clone to the point where a compiled script can run, and runs it:
//   node tools/setup.mjs [SCRIPT [ARGS…]]
// Plain JavaScript on purpose: it is what runs before anything is installed or compiled.
import { spawn } from 'node:child_process'
import { existsSync, readFileSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const oldestNode = [20, 19]

/** @param {string} sentence */
function say(sentence) {
  process.stderr.write(`\u001b[2m› ${sentence}\u001b[0m\n`)
}

/** @param {string} message @returns {never} */
function giveUp(message) {
  process.stderr.write(`\n${message}\n`)
  process.exit(1)
}

/**
 * Runs a command in the repository with the terminal as its own; resolves with its exit code.
 * @param {string} command @param {string[]} args @param {import('node:child_process').SpawnOptions} [options]
 * @returns {Promise<number>}
 */
function run(command, args, options = {}) {
  const child = spawn(command, args, { stdio: 'inherit', cwd: root, ...options })
  // Ctrl-C reaches the child too; it decides how to end, and we follow.
  for (const signal of ['SIGINT', 'SIGTERM']) {
    process.on(signal, () => child.exitCode === null && signal === 'SIGTERM' && child.kill(signal))
  }
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('exit', (code, signal) => resolve(code ?? (signal === null ? 1 : 128)))
  })
}

function checkNode() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  if (major > oldestNode[0] || (major === oldestNode[0] && minor >= oldestNode[1])) return
  giveUp(`Filmgate needs Node ${oldestNode.join('.')} or newer; this is ${process.versions.node}.`)
}

/** npm leaves this file behind when an install is complete. */
function isInstalled() {
  const marker = join(root, 'node_modules', '.package-lock.json')
  const lock = join(root, 'package-lock.json')
  return existsSync(marker) && statSync(marker).mtimeMs >= statSync(lock).mtimeMs
}

async function install() {
  const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'))
  const count = Object.keys(lock.packages).length
  say(`Installing up to ${count} packages with npm; the first time takes about half a minute …`)
  // npm as a script of this Node where we know it, so that no shell is needed on any system.
  const npm = process.env['npm_execpath']
  const args = ['ci', '--no-audit', '--no-fund', '--loglevel=error']
  const code =
    npm === undefined
      ? await run('npm', args, { shell: process.platform === 'win32' })
      : await run(process.execPath, [npm, ...args])
  if (code !== 0) giveUp('npm could not install the packages; its message is above.')
}

async function build() {
  const started = Date.now()
  const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
  if (!existsSync(join(root, 'packages/server/dist/bin.js'))) say('Compiling …')
  // tools refers to all packages; the tests are compiled by the test command.
  if ((await run(process.execPath, [compiler, '-b', 'tools'])) !== 0)
    giveUp('The code does not compile.')
  if (Date.now() - started > 2000)
    say(`Compiled in ${((Date.now() - started) / 1000).toFixed(1)} s.`)
}

checkNode()
if (!isInstalled()) await install()
await build()
const [script, ...args] = process.argv.slice(2)
if (script !== undefined) {
  process.exitCode = await run(process.execPath, [join(root, script), ...args])
}
