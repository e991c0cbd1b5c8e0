import { defineConfig } from 'vitest/config'

// What changes of the source are held against (tools/mutate.ts): the tests that need no gateway. Each
// change runs those that come by it, so they must be fast.
const server = [
  'packages/server/src/{admission,generations,jobs,ledger,upstreams}/**/*.test.ts',
  'tests/life/**/*.test.ts',
]
const client = [
  'packages/client/src/*.test.ts',
  // A server that is scripted, and a clock that does not wait.
  'tests/client/{callbacks,lying-answers,mistakes,tight-corners,unknown-outcomes,waiting}.test.ts',
]

export default defineConfig({
  test: {
    include: process.env['FILMGATE_MUTATED'] === 'client' ? client : server,
    setupFiles: ['tests/support/in-a-thread.ts'],
    // What they import is read once for all of them.
    isolate: false,
    testTimeout: 20_000,
  },
})
