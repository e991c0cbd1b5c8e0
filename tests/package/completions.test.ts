import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { API, type Project } from 'typescript/unstable/sync'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { packClient, type PackedClient } from './support/packed-client.ts'

// What an editor offers where the code says `|`, asked of the language service that editors use.

let packed: PackedClient
let folder: string
beforeAll(async () => {
  packed = await packClient()
  folder = join(packed.project, 'completions')
  const compilerOptions = { strict: true, noEmit: true, module: 'nodenext', lib: ['es2023', 'dom'] }
  await mkdir(folder)
  await writeFile(
    join(folder, 'tsconfig.json'),
    JSON.stringify({ compilerOptions: { ...compilerOptions, types: [] }, files: ['consumer.ts'] }),
  )
}, 120_000)
afterAll(() => packed?.remove())

const head = "import { Filmgate } from '@filmgate/client'\nconst filmgate = new Filmgate()\n"

/** Opens the project with this code in it and asks the language service about the file. */
async function ask<T>(code: string, question: (project: Project, file: string) => T): Promise<T> {
  const file = join(folder, 'consumer.ts')
  await writeFile(file, code)
  const api = new API()
  const snapshot = api.updateSnapshot({ openProjects: [join(folder, 'tsconfig.json')] })
  try {
    return question(snapshot.getProjects()[0] ?? expect.fail('no project'), file)
  } finally {
    snapshot.dispose()
    api.close()
  }
}

const ratios = ['16:9', '1:1', '21:9', '2:3', '3:2', '3:4', '4:3', '9:16'].toSorted()

test.each([
  ["images.generate({ prompt: 'x', model: '|' })", ['sandbox-image']],
  ["videos.generate({ prompt: 'x', model: '|' })", ['sandbox-video']],
  ["images.generate({ prompt: 'x', model: 'm', aspect_ratio: '|' })", ratios],
  ["videos.generate({ prompt: 'x', model: 'm', aspect_ratio: '|' })", ratios],
  ["images.quote({ prompt: 'x', model: 'm', resolution: '|' })", ['1K', '2K', '4K']],
  [
    "videos.generations.create({ prompt: 'x', model: 'm', resolution: '|' })",
    ['1080p', '480p', '720p'],
  ],
  ["images.generate({ prompt: 'x', model: 'm', output_format: '|' })", ['jpeg', 'png', 'webp']],
])('an editor offers the values that %s is known to take', async (call, values) => {
  const code = `${head}await filmgate.${call}`
  const offered = await ask(code.replace('|', ''), ({ checker }, file) =>
    checker.getCompletionsAtPosition(file, code.indexOf('|')),
  )
  expect(offered?.entries.map(({ name }) => name).toSorted()).toEqual(values)
})

test('a value that no editor knows compiles where a model decides, and only there', async () => {
  const code = `${head}
    const name: string = 'any'
    await filmgate.images.generate({ prompt: 'x', model: 'm', aspect_ratio: '5:4', resolution: '8K' })
    await filmgate.videos.generate({ prompt: 'x', model: name, aspect_ratio: name, resolution: name })
    await filmgate.images.generate({ prompt: 'x', model: 'm', output_format: 'gif' })`
  const complaints = await ask(code, ({ program }, file) => program.getSemanticDiagnostics(file))
  expect(complaints.map(({ text }) => text)).toEqual([
    expect.stringContaining(`'"gif"' is not assignable`),
  ])
})
