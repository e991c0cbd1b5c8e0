import sharp from 'sharp'
import { startGateway, type TestGateway } from '../../../support/gateway.ts'
import { installed, leftOut } from '../installed.ts'
import { comparedBlocks, type Library, type Task } from './blocks.ts'
import type { Befall } from './misfortunes.ts'
import { filmgatePrograms, peerPrograms } from './programs.ts'
import { makeProject, type Ended, type Project } from './project.ts'
import { startStudio, type Studio } from './studio.ts'

// The versions that the README names, so that what it says of them stays true.
const peers = ['openai@6.49.0', '@fal-ai/client@1.10.1']
const names = peers.map((peer) => peer.slice(0, peer.lastIndexOf('@')))

/** What part of their time pauses take: two minutes of retries are over in six seconds. */
export const speed = 20

/** A run of a block, and the server that it talked to. */
export type Measured = Ended & { studio: Studio }

/** How a block is run besides its misfortune. */
export interface Conditions {
  clockSpeed?: number
  /** What lies at `cat.png`; a picture, when left out. */
  cat?: Uint8Array | string
}

/** Everything that the comparison is measured with. */
export interface Bench {
  gateway: TestGateway
  project: Project
  /** What the compiler says of all programs, among them one that is wrong. */
  complaints: string[]
  /** Why the other libraries could not be had; undefined where they are there. */
  missing: string | undefined
  /** Runs a block of the README, with its library's defaults. */
  measure(library: Library, task: Task, befall?: Befall, conditions?: Conditions): Promise<Measured>
  stop(): Promise<void>
}

/** Starts a gateway, installs the libraries and compiles the README's blocks. */
export async function startBench(): Promise<Bench> {
  let missing: string | undefined
  const folder = await installed(...peers).catch((error: unknown) => {
    missing = leftOut(names.join(', '), error)
  })
  const create = { width: 300, height: 200, channels: 3, background: '#964' } as const
  const [picture, gateway, project, blocks] = await Promise.all([
    sharp({ create }).png().toBuffer(),
    startGateway(),
    makeProject(folder ? { folder, names } : undefined),
    comparedBlocks(),
  ])
  const there = blocks.filter(({ library }) => library === 'filmgate' || folder)
  const complaints = await project.compile({
    ...Object.fromEntries(there.map(({ library, task, code }) => [`${library}-${task}`, code])),
    ...filmgatePrograms,
    ...(folder && peerPrograms),
    wrong: `export const wrong: number = 'this line shows that the compiler looks'`,
  })
  return {
    gateway,
    project,
    complaints,
    missing,
    async measure(library, task, befall, { clockSpeed = speed, cat = picture } = {}) {
      const studio = await startStudio(gateway, befall)
      try {
        const env = { ...studio.env, CLOCK_SPEED: String(clockSpeed) }
        return { ...(await project.run(library, task, { env, cat })), studio }
      } finally {
        await studio.close()
      }
    },
    async stop() {
      await Promise.all([project.remove(), gateway.stop()])
    },
  }
}
