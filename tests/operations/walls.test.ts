import { expect, test } from 'vitest'
import type { Room } from '../../tools/wall-table.ts'
import { wallBreaches, wallRows } from '../../tools/walls.ts'

const rooms: Record<string, Room> = {
  ground: { what: 'stands for itself', mayImport: [] },
  house: { what: 'stands on the ground', mayImport: ['ground', 'types of garden'] },
  garden: { what: 'beside the house', mayImport: ['ground', 'house/door.ts'] },
  'house/cellar': { what: 'below the house', mayImport: ['ground'] },
  'key.ts': { what: 'opens the house', mayImport: ['house'] },
}

/** A package in which every room is lived in, and the walls hold. */
const sound = {
  'ground/stone.ts': `import { readFile } from 'node:fs/promises'\nimport './sand.ts'`,
  'ground/sand.ts': '',
  'house/door.ts': `import { stone } from '../ground/stone.ts'\nimport type { Tree } from '../garden/tree.ts'`,
  'house/cellar/shelf.ts': `export * from '../../ground/sand.ts'`,
  'garden/tree.ts': `import { door } from '../house/door.ts'`,
  'key.ts': `const door = await import('./house/door.ts')`,
}

const breaches = (changed: Record<string, string>) =>
  wallBreaches(new Map(Object.entries({ ...sound, ...changed })), rooms)

test('a package whose imports are all allowed has no breach', () => {
  expect(breaches({})).toEqual([])
})

test.each<[string, string, string]>([
  ['an import', 'ground/sand.ts', `import { door } from '../house/door.ts'`],
  ['a type', 'ground/sand.ts', `import type { Door } from '../house/door.ts'`],
  ['an import for its effect', 'ground/sand.ts', `import '../house/door.ts'`],
  ['a re-export', 'ground/sand.ts', `export { door } from '../house/door.ts'`],
  ['a late import', 'ground/sand.ts', `const { door } = await import('../house/door.ts')`],
  ['a type on the way', 'ground/sand.ts', `let door: import('../house/door.ts').Door`],
  ['another file of a room', 'garden/tree.ts', `import { roof } from '../house/roof.ts'`],
  ['the room around it', 'house/cellar/shelf.ts', `import { door } from '../door.ts'`],
  ['the room inside it', 'house/door.ts', `import { shelf } from './cellar/shelf.ts'`],
])('%s through a wall is found', (_what, path, text) => {
  expect(breaches({ [path]: `\n${text}` })).toEqual([
    expect.stringMatching(new RegExp(`^${path}:2 imports [\\w/.]+, which [\\w/]+ may not$`)),
  ])
})

test.each([
  `import { tree } from '../garden/tree.ts'`,
  `import { type Tree, plant } from '../garden/tree.ts'`,
  `import tree, { type Tree } from '../garden/tree.ts'`,
  `import * as garden from '../garden/tree.ts'`,
  `export { tree } from '../garden/tree.ts'`,
])('where types are allowed, more is found: %s', (text) => {
  expect(breaches({ 'house/door.ts': text })).toEqual([
    'house/door.ts:1 imports garden/tree.ts, of which house may import types only',
  ])
})

test('a folder or a file without a row is found, and a row without files', () => {
  for (const path of ['shed/rake.ts', 'house/attic/box.ts', 'lamp.ts']) {
    expect(breaches({ [path]: '' })).toEqual([`${path} is in no room of tools/wall-table.ts`])
  }
  const { 'key.ts': _key, ...rest } = sound
  expect(wallBreaches(new Map(Object.entries(rest)), rooms)).toEqual(['key.ts has no files'])
  const planned = { ...rooms, 'key.ts': { what: '', mayImport: [], isPlanned: true } as const }
  expect(wallBreaches(new Map(Object.entries(rest)), planned)).toEqual([])
  expect(wallBreaches(new Map(Object.entries(sound)), planned)).toContain(
    'key.ts has files, and is no longer planned',
  )
})

test('a test may bring in whatever makes it real', () => {
  expect(breaches({ 'ground/sand.test.ts': `import { door } from '../house/door.ts'` })).toEqual([])
})

test('the page shows each row', () => {
  expect(wallRows(rooms).split('\n').slice(2)).toEqual([
    '| `ground/` | stands for itself | nothing of ours |',
    '| `house/` | stands on the ground | ground, types of garden |',
    '| `garden/` | beside the house | ground, `house/door.ts` |',
    '| `house/cellar/` | below the house | ground |',
    '| `key.ts` | opens the house | house |',
  ])
})
