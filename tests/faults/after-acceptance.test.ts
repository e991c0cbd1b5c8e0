/** Something goes wrong while a caller waits: what it is told is what is known of its generation. */
import { expect, onTestFinished, test } from 'vitest'
import { api, postImage, postVideo, untilEnded, type ApiAnswer } from '../support/api.ts'
import { startGateway, type GatewayOptions, type TestGateway } from '../support/gateway.ts'
import { readRows, tamper } from './support/database-file.ts'
import { limitFileSize, noFullDisk } from './support/full-disk.ts'

async function start(options: GatewayOptions = {}): Promise<TestGateway> {
  const gateway = await startGateway(options)
  onTestFinished(() => gateway.stop())
  return gateway
}

/** An answer that neither promises that nothing was charged nor invites a second generation. */
function expectGoesOn(answer: ApiAnswer, { isRepeatable }: { isRepeatable: boolean }): string {
  expect(answer.status, answer.text).toBe(500)
  const id = answer.headers.get('x-generation-id') ?? ''
  const { message } = answer.body.error
  expect(message).toMatch(/accepted and goes on/)
  expect(message).toContain(`GET /v2/images/generations/${id}`)
  expect(message).not.toMatch(/nothing was charged|not charged|try again/i)
  expect(message.includes('the same Idempotency-Key')).toBe(isRepeatable)
  expect(message.includes('would make a second one')).toBe(!isRepeatable)
  expect(answer.headers.get('x-should-retry')).toBe(String(isRepeatable))
  expect(answer.headers.get('x-billed')).toBeNull()
  return id
}

test('a server that stops says that the generation goes on, and invites a retry only with a key', async () => {
  const gateway = await start({ config: { drain_seconds: 1 } })
  const prompt = 'a red fox [[delay ms=5000]]'
  const keyed = postImage(gateway, { prompt }, { headers: { 'idempotency-key': 'one' } })
  const plain = postImage(gateway, { prompt })
  await untilPending(gateway, 2)
  const ended = new Promise((resolve) => gateway.process.once('exit', resolve))
  gateway.process.kill('SIGTERM')
  const answers = await Promise.all([keyed, plain])
  await ended
  expectGoesOn(answers[0], { isRepeatable: true })
  const id = expectGoesOn(answers[1], { isRepeatable: false })
  await gateway.restart()
  expect((await untilEnded(gateway, id, 'image')).body.status).toBe('completed')
})

const noDisk = noFullDisk()

test.skipIf(noDisk !== undefined)(
  'a disk that fails past the deadline is answered soon after it, and the generation goes on',
  async () => {
    const gateway = await start({ config: { sandbox: { image_deadline_seconds: 2 } } })
    await postImage(gateway)
    const prompt = 'a red fox [[delay ms=1000]]'
    const startedAt = performance.now()
    const keyed = postImage(gateway, { prompt }, { headers: { 'idempotency-key': 'one' } })
    const plain = postImage(gateway, { prompt })
    await untilPending(gateway, 2)
    limitFileSize(gateway.process.pid, 0)
    const answers = await Promise.all([keyed, plain])
    const seconds = (performance.now() - startedAt) / 1000
    limitFileSize(gateway.process.pid, 'unlimited')
    expectGoesOn(answers[0], { isRepeatable: true })
    const id = expectGoesOn(answers[1], { isRepeatable: false })
    // The deadline and five seconds, where ten would pass a proxy's minute; the rest is a busy machine's.
    expect(seconds).toBeGreaterThan(6.5)
    expect(seconds).toBeLessThan(11)
    expect((await untilEnded(gateway, id, 'image')).body.status).toMatch(/completed|failed/)
  },
)

test('a fault of ours while a caller waits does not say that nothing was charged', async () => {
  const gateway = await start()
  const prompt = 'a red fox [[stall]]'
  const plain = postImage(gateway, { prompt })
  const [id] = await untilPending(gateway, 1)
  // The row is gone, which nothing of ours does: the next look at it fails.
  tamper(gateway.dataDir, `PRAGMA foreign_keys = OFF; DELETE FROM generations WHERE id = '${id}'`)
  expect(expectGoesOn(await plain, { isRepeatable: false })).toBe(id)
})

test('a fault of ours after the end says that it has ended and what it cost', async () => {
  const gateway = await start()
  await postImage(gateway)
  const plain = postImage(gateway, { prompt: 'a red fox [[delay ms=2000]]' })
  await untilPending(gateway, 1)
  // An instant that no calendar has, written with the result: it is completed and cannot be shown.
  tamper(
    gateway.dataDir,
    `CREATE TRIGGER damage AFTER INSERT ON outputs BEGIN
       UPDATE outputs SET deletes_at = 9000000000000000 WHERE generation_id = NEW.generation_id; END`,
  )
  const answer = await plain
  expect(answer.status, answer.text).toBe(500)
  expect(answer.body.error.message).toMatch(/has ended and was charged.*would make a second one/)
  expect(answer.headers.get('x-billed')).toBe('true')
  expect(answer.headers.get('x-should-retry')).toBe('false')
})

test('a fault of ours before acceptance says that nothing was charged, which is known', async () => {
  const gateway = await start()
  tamper(gateway.dataDir, 'ALTER TABLE rate_windows RENAME TO elsewhere')
  for (const answer of [await postImage(gateway), await postVideo(gateway)]) {
    expect(answer.status).toBe(500)
    expect(answer.body.error.message).toMatch(/before .* accepted. Nothing was charged; try again/)
    expect(answer.headers.get('x-should-retry')).toBe('true')
    expect(answer.headers.get('x-generation-id')).toBeNull()
    expect(answer.headers.get('x-billed')).toBeNull()
  }
  expect(readRows(gateway.dataDir, 'SELECT id FROM generations')).toEqual([])
  tamper(gateway.dataDir, 'ALTER TABLE elsewhere RENAME TO rate_windows')
  expect((await postImage(gateway)).status).toBe(200)
})

/** Ids of what is pending, once there are so many. */
async function untilPending(gateway: TestGateway, count: number): Promise<string[]> {
  for (;;) {
    const { body } = await api(gateway, 'GET', '/v2/generations?status=pending')
    if (body.data.length >= count) return body.data.map(({ id }: { id: string }) => id)
  }
}
