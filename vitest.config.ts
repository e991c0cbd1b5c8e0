import { defineConfig } from 'vitest/config'

// They build with whatever people build with, and keep all cores busy. What measures how long somebody
// waits, or how much memory grows, runs before them.
const building = ['tests/package/**/*.test.ts', 'tests/ai-sdk-provider/**/*.test.ts']

export default defineConfig({
  test: {
    // Most of a test's time is waiting for a gateway, which is a process of its own.
    maxWorkers: 3,
    testTimeout: 180_000,
    hookTimeout: 180_000,
    projects: [
      {
        extends: true,
        test: {
          name: 'running',
          include: ['packages/*/src/**/*.test.ts', 'tests/**/*.test.ts'],
          exclude: ['**/node_modules/**', ...building],
          sequence: { groupOrder: 0 },
        },
      },
      { extends: true, test: { name: 'building', include: building, sequence: { groupOrder: 1 } } },
    ],
  },
})
