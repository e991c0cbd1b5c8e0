/** Settings of the operator that decide whether a reference image is fetched, and how long that may take. */
import { afterAll, describe, expect, it } from 'vitest'
import { expectError } from '../../contract/support/expect-error.ts'
import { useGateway } from '../../contract/support/use-gateway.ts'
import { postImage, postVideo } from '../../support/api.ts'
import { gradient } from '../support/made-pictures.ts'
import { startPictureHost } from '../support/picture-host.ts'
import { addTenant, expectRefused } from './support/expect-refused.ts'

const picture = await gradient(64, 64).png().toBuffer()
const host = await startPictureHost({
  '/picture': (_request, response) => response.writeHead(200).end(picture),
  '/never': (_request, response) => response.writeHead(200).write(picture.subarray(0, 40)),
})
afterAll(() => host.close())

const images = (path: string) => [
  { url: `http://127.0.0.1:${host.port}${path}`, role: 'reference_image' },
]
const ownHost = { allow_hosts: [`127.0.0.1:${host.port}`], timeout_ms: 60_000 }
const soon = { image_deadline_seconds: 2, video_deadline_seconds: 2 }

describe('an address of the operator’s own', () => {
  const denying = useGateway({
    config: { safety: { reference_images: { ...ownHost, deny_addresses: ['127.0.0.0/8'] } } },
  })

  it('is not fetched from, not even for a host that is listed', async () => {
    const tenant = await addTenant(denying)
    const before = host.requests.length
    const answer = await postImage(tenant, { images: images('/picture') })
    const about = { param: 'images[0].url', message: /none of the operator’s own/ }
    await expectRefused(denying, tenant, answer, 'invalid_parameter', about)
    expectError(
      await postImage(tenant, { images: images('/picture'), dry_run: true }),
      'invalid_parameter',
      about,
    )
    expect(host.requests.length).toBe(before)
  })
})

describe('the deadline of a model', () => {
  const hasty = useGateway({
    config: { sandbox: soon, safety: { reference_images: ownHost } },
  })

  it('ends the fetching and checking, too, and the answer says so', async () => {
    const tenant = await addTenant(hasty)
    const answers = await Promise.all([
      postImage(tenant, { images: images('/never') }),
      postVideo(tenant, { images: images('/never') }),
    ])
    for (const answer of answers) {
      const about = { message: /could not be fetched and checked in the time/ }
      await expectRefused(hasty, tenant, answer, 'server_error', about)
    }
  })

  it('is not met by pictures that come: the control', async () => {
    expect((await postImage(hasty, { images: images('/picture') })).status).toBe(200)
  })
})
