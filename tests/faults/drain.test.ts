/** SIGTERM: what runs is let end, what waits is taken up by the next start. */
import { connect } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { api, postImage, postVideo, untilEnded } from '../support/api.ts'
import { startGateway, type GatewayOptions, type TestGateway } from '../support/gateway.ts'
import { expectTruth } from './support/truth.ts'

async function start(options: GatewayOptions = {}): Promise<TestGateway> {
  const gateway = await startGateway({ ...options, env: { FILMGATE_LOG_LEVEL: 'debug' } })
  onTestFinished(() => gateway.stop())
  return gateway
}

/** Sends a request, and waits until the gateway has it: on a busy machine that takes its time. */
async function received<Answer>(
  gateway: TestGateway,
  name: string,
  send: (headers: Record<string, string>) => Promise<Answer>,
): Promise<{ answer: Promise<Answer> }> {
  const answer = send({ 'x-request-id': name })
  // Looked at by the test once the gateway is stopping, which may be after it has failed.
  answer.catch(() => {})
  await untilLogged(gateway, new RegExp(`"requestId":"${name}".*"msg":"received"`))
  // In an object, since a promise that is returned would be awaited.
  return { answer }
}

test('an image that is being made is answered, nobody new is let in, and the exit code is 0', async () => {
  const gateway = await start()
  const headers = { 'idempotency-key': 'awaited' }
  const prompt = 'a red fox [[delay ms=3000]]'
  let isAnswered = false
  const awaited = await received(gateway, 'awaited', (id) =>
    postImage(gateway, { prompt }, { headers: { ...headers, ...id } }).finally(() => {
      isAnswered = true
    }),
  )
  // Answered once the image is accepted, since it stands for the same one.
  await postImage(gateway, { prompt }, { headers: { ...headers, prefer: 'respond-async' } })
  const ended = exitOf(gateway)
  signal(gateway, 'SIGTERM')
  await untilLogged(gateway, /SIGTERM: letting running requests end/)
  // The line is logged a moment before the port is closed.
  while ((await connectionTo(gateway)) === 'accepted');
  expect(isAnswered).toBe(false)

  const answer = await awaited.answer
  expect(answer.status).toBe(200)
  expect(answer.body.status).toBe('completed')
  expect(await ended).toEqual({ code: 0, signal: null })
  await gateway.restart()
  await expectTruth(gateway)
})

test('pending films are taken up by the next start, and are submitted once', async () => {
  const gateway = await start()
  const films = await Promise.all(
    [0, 1, 2, 3].map(() => postVideo(gateway, { aspect_ratio: '1:1' })),
  )
  const ended = exitOf(gateway)
  signal(gateway, 'SIGTERM')
  expect(await ended).toEqual({ code: 0, signal: null })
  await gateway.restart()
  for (const { body } of films) {
    expect((await untilEnded(gateway, body.id)).body.status).toBe('completed')
  }
  await expectTruth(gateway)
})

test('who waits longer than the drain lasts is told that the work goes on, and it does', async () => {
  const gateway = await start({ config: { drain_seconds: 1 } })
  const headers = { 'idempotency-key': 'long' }
  const prompt = 'a red fox [[delay ms=4000]]'
  const awaited = await received(gateway, 'awaited', (id) =>
    postImage(gateway, { prompt }, { headers: { ...headers, ...id } }),
  )
  const { body } = await postImage(
    gateway,
    { prompt },
    { headers: { ...headers, prefer: 'respond-async' } },
  )
  const held = await received(gateway, 'held', (id) =>
    api(gateway, 'GET', `/v2/images/generations/${body.id}`, {
      headers: { prefer: 'wait=60', ...id },
    }),
  )
  const ended = exitOf(gateway)
  signal(gateway, 'SIGTERM')

  const answer = await awaited.answer
  expect(answer.status).toBe(500)
  expect(answer.body.error.code).toBe('server_error')
  expect(answer.headers.get('x-generation-id')).toBe(body.id)
  expect(answer.headers.get('x-should-retry')).toBe('true')
  expect((await held.answer).body.status).toBe('pending')
  expect(await ended).toEqual({ code: 0, signal: null })

  await gateway.restart()
  const again = await postImage(gateway, { prompt }, { headers })
  expect(again.status).toBe(200)
  expect(again.body.id).toBe(body.id)
  await expectTruth(gateway)
})

test('a second signal stops at once, and nothing is lost by it', async () => {
  const gateway = await start()
  const headers = { 'idempotency-key': 'impatient' }
  const prompt = 'a red fox [[delay ms=5000]]'
  const awaited = await received(gateway, 'awaited', (id) =>
    postImage(gateway, { prompt }, { headers: { ...headers, ...id } }).then(
      () => 'answered',
      () => 'cut off',
    ),
  )
  await postImage(gateway, { prompt }, { headers: { ...headers, prefer: 'respond-async' } })
  const ended = exitOf(gateway)
  signal(gateway, 'SIGTERM')
  await untilLogged(gateway, /once more to stop at once/)
  signal(gateway, 'SIGINT')
  expect(await ended).toEqual({ code: 1, signal: null })
  expect(await awaited.answer).toBe('cut off')

  await gateway.restart()
  expect((await postImage(gateway, { prompt }, { headers })).status).toBe(200)
  await expectTruth(gateway)
})

test('a start on an existing database takes up its work', async () => {
  const gateway = await start()
  await postImage(gateway)
  await gateway.kill('SIGTERM')
  const startedAt = performance.now()
  await gateway.restart()
  console.log(`ready after ${Math.round(performance.now() - startedAt)} ms`)
  expect((await api(gateway, 'GET', '/readyz')).status).toBe(200)
})

function signal(gateway: TestGateway, name: NodeJS.Signals): void {
  gateway.process.kill(name)
}

function exitOf(gateway: TestGateway): Promise<{ code: number | null; signal: string | null }> {
  return new Promise((resolve) => {
    gateway.process.once('exit', (code, signalName) => resolve({ code, signal: signalName }))
  })
}

/** Resolves when the gateway has written such a line, now or earlier. */
async function untilLogged(gateway: TestGateway, line: RegExp): Promise<void> {
  while (!gateway.log.some((each) => line.test(each))) {
    await new Promise((resolve) => gateway.process.stderr?.once('data', resolve))
    // Lines are split from the data by a listener of the same event.
    await new Promise(setImmediate)
  }
}

/** What becomes of a new connection. */
function connectionTo({ baseURL }: TestGateway): Promise<string> {
  const { hostname, port } = new URL(baseURL)
  return new Promise((resolve) => {
    const socket = connect(Number(port), hostname)
    socket.once('connect', () => {
      socket.destroy()
      resolve('accepted')
    })
    socket.once('error', (error: Error & { code?: string }) => resolve(error.code ?? 'error'))
  })
}
