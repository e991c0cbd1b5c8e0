// Loaded before the gateway, with `--import`: its database driver counts what is asked of it, so that a
// test can tell how many commits something takes. The inspector reads `globalThis.statementCounts`.
import { register } from 'node:module'

globalThis.statementCounts = { commits: 0, writes: 0, reads: 0 }
register('./hooks.mjs', import.meta.url)
