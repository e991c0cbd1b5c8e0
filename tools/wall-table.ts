/** What a room of the server is, and what else of the server it may import. */
export interface Room {
  what: string
  /**
   * Rooms, or single files of them, by path from `src`. `types of` allows `import type` only. A room
   * includes the rooms inside it only where those have no row of their own.
   */
  mayImport: readonly string[]
  /** Has no files yet: its row waits for them, and is left out of the page. */
  isPlanned?: true
}

// What upstreams have in common, and nothing of one another.
const adapter = [
  'contract',
  'models',
  'net',
  'storage/startup-error.ts',
  'types of media',
  'upstreams/adapter.ts',
  'upstreams/json',
  'upstreams/read-json.ts',
  'upstreams/redact.ts',
  'upstreams/upstream.ts',
]

/**
 * Every room of `packages/server/src`: a folder, a folder in a folder, or a file at the top. What is not
 * named is refused. Tests stand beside the code and may bring in whatever makes them real.
 */
export const rooms: Readonly<Record<string, Room>> = {
  contract: { what: 'what we promise', mayImport: [] },
  net: { what: 'addresses, connections, deadlines, the HTTP client', mayImport: [] },
  fairness: { what: 'shares what is scarce between tenants', mayImport: [] },
  telemetry: { what: 'log, clock, version', mayImport: ['contract'] },
  storage: { what: 'database, migrations, ids', mayImport: ['contract', 'net'] },
  workspaces: { what: 'tenants and their keys', mayImport: ['contract', 'storage'] },
  ledger: { what: 'money', mayImport: ['contract', 'storage'] },
  models: {
    what: 'what a model accepts and costs',
    mayImport: ['contract', 'ledger', 'types of config'],
  },
  media: { what: 'files: store, measure, sign', mayImport: ['contract', 'storage'] },
  upstreams: {
    what: 'the interface of whoever makes pictures',
    mayImport: ['contract', 'fairness', 'models', 'net', 'types of media', 'upstreams/json'],
  },
  'upstreams/json': {
    what: 'reads answers with pictures in them, without holding them',
    mayImport: ['types of media'],
  },
  'upstreams/adapters.ts': {
    what: 'the list of adapters',
    mayImport: [
      'upstreams',
      'upstreams/comfyui/index.ts',
      'upstreams/fal/index.ts',
      'upstreams/openai-compatible/index.ts',
    ],
  },
  'upstreams/open-upstreams.ts': {
    what: 'opens those that are configured',
    mayImport: ['media', 'net', 'upstreams', 'upstreams/adapters.ts'],
  },
  'upstreams/sandbox': {
    what: 'the built-in upstream',
    mayImport: ['contract', 'fairness', 'models', 'storage', 'upstreams/upstream.ts', 'workspaces'],
  },
  'upstreams/fal': { what: 'the upstream fal', mayImport: adapter },
  'upstreams/openai-compatible': {
    what: 'upstreams that speak as OpenAI does',
    mayImport: adapter,
  },
  'upstreams/comfyui': { what: 'the upstream ComfyUI', mayImport: adapter },
  safety: {
    what: 'content checks and the fetching of reference images',
    mayImport: ['contract', 'fairness', 'net'],
  },
  jobs: {
    what: 'the queue, its leases and the loop that works it off',
    mayImport: ['contract', 'fairness', 'net', 'storage', 'telemetry'],
  },
  generations: {
    what: 'the durable life',
    mayImport: [
      'contract',
      'fairness',
      'jobs',
      'ledger',
      'media',
      'models',
      'net',
      'storage',
      'telemetry',
      'upstreams',
      'workspaces',
    ],
  },
  admission: {
    what: 'may this request start?',
    mayImport: [
      'contract',
      'fairness',
      'generations',
      'jobs',
      'ledger',
      'media',
      'models',
      'net',
      'safety',
      'storage',
      'upstreams',
      'workspaces',
    ],
  },
  audit: {
    what: 'proves that books, states and files agree',
    mayImport: [
      'admission',
      'generations',
      'ledger',
      'media',
      'storage',
      'upstreams/sandbox',
      'workspaces',
    ],
  },
  pages: { what: 'HTML for people', mayImport: ['contract'] },
  http: {
    what: 'speaks HTTP and nothing else',
    mayImport: [
      'admission',
      'contract',
      'generations',
      'ledger',
      'media',
      'models',
      'net',
      'pages',
      'storage',
      'telemetry',
      'types of config',
      'workspaces',
    ],
  },
  config: {
    what: 'what may be set',
    mayImport: [
      'contract',
      'ledger',
      'media',
      'models',
      'net',
      'safety',
      'storage',
      'telemetry',
      'upstreams',
      'upstreams/adapters.ts',
      'upstreams/open-upstreams.ts',
      'upstreams/sandbox',
    ],
  },
  'gateway.ts': {
    what: 'builds every part by hand',
    mayImport: [
      'admission',
      'config',
      'contract',
      'fairness',
      'generations',
      'http',
      'jobs',
      'ledger',
      'media',
      'models',
      'net',
      'safety',
      'storage',
      'telemetry',
      'upstreams',
      'upstreams/open-upstreams.ts',
      'upstreams/sandbox',
      'workspaces',
    ],
  },
  cli: {
    what: 'the command line',
    mayImport: [
      'admission',
      'audit',
      'config',
      'contract',
      'gateway.ts',
      'generations',
      'ledger',
      'media',
      'safety',
      'storage',
      'telemetry',
      'workspaces',
    ],
  },
  'bin.ts': { what: 'begins', mayImport: ['cli'] },
}
