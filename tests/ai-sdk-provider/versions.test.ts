import { afterAll, beforeAll, expect, test } from 'vitest'
import { startGateway, type TestGateway } from '../support/gateway.ts'
import { answer, errorBody, startRawServer } from '../client/support/raw-server.ts'
import { makeProject, type Project } from './support/project.ts'
import { startSdk } from './support/sdk.ts'

let gateway: TestGateway
let project: Project
beforeAll(async () => {
  ;[gateway, project] = await Promise.all([startGateway(), makeProject()])
}, 300_000)
afterAll(() => Promise.all([gateway?.stop(), project?.remove()]))

const versions = [
  { runtime: 'Node 22', version: '7' },
  { runtime: 'Node 24', version: '7' },
  { runtime: 'Node 22', version: '6' },
]

test.each(versions)(
  'ai $version on $runtime makes an image and a film, and fails as promised',
  async ({ runtime, version }) => {
    const sdk = await startSdk(project.folder, { runtime, env: { AI_SDK: version } })
    const settings = { apiKey: gateway.testKey, baseURL: gateway.baseURL }
    const image = { call: 'generateImage', settings } as const
    const film = { call: 'generateVideo', settings } as const

    const picture = await sdk.call({ ...image, options: { prompt: 'A fox', n: 2 } }).result()
    expect(picture.files?.map(({ mediaType }) => mediaType)).toEqual(['image/jpeg', 'image/jpeg'])
    expect(picture.providerMetadata?.filmgate.images).toHaveLength(2)
    const options = { prompt: 'A fox', resolution: '854x480', duration: 1 }
    const moving = await sdk.call({ ...film, options }).result()
    expect(moving.files).toMatchObject([{ mediaType: 'video/mp4' }])
    expect(moving.providerMetadata?.filmgate.videos).toMatchObject([{ width: 854 }])

    const prompt = 'A fox [[content_policy_violation]]'
    for (const call of [image, film]) {
      const error = await sdk.call({ ...call, options: { prompt } }).error()
      expect(error).toMatchObject({ isApiCallError: true, isRetryable: false, tries: 1 })
      expect(error.data).toMatchObject({ code: 'content_policy_violation', billed: false })
    }
    await sdk.close()
  },
)

test.each(versions)(
  'ai $version on $runtime makes no second order of a failure that may pass',
  async ({ runtime, version }) => {
    const server = await startRawServer((socket) =>
      answer(socket, 500, errorBody('server_error'), { 'X-Should-Retry': 'true' }),
    )
    const sdk = await startSdk(project.folder, { runtime, env: { AI_SDK: version } })
    const settings = { apiKey: 'sk_test_x', baseURL: server.baseURL }
    const order = { settings, client: { maxRetries: 1 }, options: { prompt: 'A fox' } }
    for (const call of ['generateImage', 'generateVideo'] as const) {
      expect(await sdk.call({ ...order, call }).error()).toMatchObject({ tries: 1 })
    }
    expect(server.requests).toHaveLength(4)
    expect(server.distinct('idempotency-key')).toHaveLength(2)
    await Promise.all([sdk.close(), server.close()])
  },
)
