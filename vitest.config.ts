import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['packages/*/src/**/*.test.ts', 'tests/**/*.test.ts'],
    // Most of a test's time is waiting for a gateway, which is a process of its own.
    maxWorkers: 3,
    testTimeout: 180_000,
    hookTimeout: 180_000,
  },
})
