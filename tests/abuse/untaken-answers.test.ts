import { expect, it } from 'vitest'
import { useGateway } from '../contract/support/use-gateway.ts'
import { api, postVideo } from '../support/api.ts'
import { askUnread, filesOpenIn, makePicture } from './support/unread.ts'

const gateway = useGateway()

// A file of its own: it takes two minutes in which little happens, and others can run beside it.
it(
  'who asks and never takes the answers is cut off, so that connections cannot be used up',
  { timeout: 300_000 },
  async () => {
    const link = await makePicture(gateway)
    const { body } = await postVideo(gateway, { prompt: 'a red fox [[stall]]' })
    const film = `/v2/videos/generations/${body.id}`
    const before = filesOpenIn(gateway)
    const sockets = await Promise.all(Array.from({ length: 20 }, () => askUnread(link, 15)))
    let during = before
    for (let turn = 0; turn < 500 && during < before + 20; turn += 1) {
      await api(gateway, 'GET', film)
      during = filesOpenIn(gateway)
    }
    expect(during).toBeGreaterThanOrEqual(before + 20)
    let after = during
    for (let holds = 0; holds < 48 && after >= before + 10; holds += 1) {
      await api(gateway, 'GET', film, { headers: { prefer: 'wait=5' } })
      after = filesOpenIn(gateway)
    }
    console.log(`open files and sockets: ${before} before, ${during} during, ${after} after`)
    expect(after).toBeLessThan(before + 10)
    for (const socket of sockets) socket.destroy()
  },
)
