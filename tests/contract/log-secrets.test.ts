/** The log at its most talkative, after everything a caller can get wrong: nothing that was sent is in it. */
import { expect, it } from 'vitest'
import { api, postImage, postVideo } from '../support/api.ts'
import { sendRaw } from './support/raw.ts'
import { useGateway } from './support/use-gateway.ts'

const canary = 'xylophonecanary'
const gateway = useGateway({ env: { FILMGATE_LOG_LEVEL: 'debug' } })
const crlf = '\r\n'

it('no signature, key, prompt, body, header or query is in the debug log', async () => {
  const made = await postImage(gateway, { prompt: `a fox ${canary}` })
  expect(made.status).toBe(200)
  const { pathname, searchParams } = new URL(made.body.data[0].url)
  const sig = searchParams.get('sig') ?? ''
  const exp = searchParams.get('exp') ?? ''
  const link = `exp=${exp}&sig=${sig}`

  const paths = [
    `${pathname}?${link}`,
    `${pathname}%3F${link}`,
    `${pathname}&${link}`,
    `${pathname}/${link}`,
    `${pathname}%zz?${link}`,
    `${pathname}%3F${link}%zz`,
    `/v2/downloads/${link}/0`,
    `/v2/downloads//${sig}`,
    `/${canary}`,
    `/v2/${canary}/generations`,
    `/v2/images/generations/${canary}`,
    `/v2/images/generations/%zz${canary}`,
    `/v2/generations?after=${canary}`,
    `/v2/generations?${canary}=1`,
    `/v2/generations?limit=${canary}`,
    `/v2/billing/costs?start=${canary}&end=${canary}`,
    `/docs/errors/${canary}`,
    `/v2/models?type=${canary}#${canary}`,
  ]
  for (const path of paths) await api(gateway, 'GET', path)
  for (const path of paths) await sendRaw(gateway.baseURL, rawGet(path))

  const keys = [`sk_live_${canary.repeat(3)}`, `sk_test_${canary}`, canary, `"${canary}`]
  for (const key of keys) await api(gateway, 'GET', '/v2/models', { key })

  const bodies = [
    canary,
    `{"prompt": "${canary}"`,
    `{"prompt": ${canary}}`,
    `{"model": "sandbox-image", "prompt": "${canary}",}`,
    `["${canary}"]`,
    `"${canary}"`,
    `{"${canary}": 1}`,
    JSON.stringify({ model: canary, prompt: canary }),
    JSON.stringify({ model: 'sandbox-image', prompt: canary, seed: canary }),
    JSON.stringify({ model: 'sandbox-image', prompt: canary, images: [{ url: `data:${canary}` }] }),
    JSON.stringify({ model: 'sandbox-image', prompt: canary, images: [{ url: canary }] }),
    JSON.stringify({
      model: 'sandbox-image',
      prompt: canary,
      images: [{ url: `http://127.0.0.1/${canary}?sig=${canary}` }],
    }),
    JSON.stringify({ model: 'sandbox-image', prompt: `${canary} [[server_error]]` }),
    JSON.stringify({ model: 'sandbox-image', prompt: `${canary} [[content_policy_violation]]` }),
    JSON.stringify({ model: 'sandbox-image', prompt: `${canary} [[upstream garbage times=99]]` }),
    `${canary}\u{d800}`,
  ]
  const headers = {
    'idempotency-key': `${canary} é`,
    'content-type': `application/json; charset=${canary}`,
    range: `bytes=${canary}`,
    'x-canary': canary,
    cookie: canary,
    referer: `http://x/${canary}`,
    'user-agent': canary,
    prefer: `wait=${canary}`,
    'if-none-match': canary,
  }
  for (const body of bodies) {
    await api(gateway, 'POST', '/v2/images/generations', { body })
    await api(gateway, 'POST', '/v2/images/generations', {
      body,
      headers: { 'idempotency-key': canary, 'x-canary': canary },
    })
  }
  for (const [name, value] of Object.entries(headers)) {
    const head = `POST /v2/images/generations HTTP/1.1${crlf}Host: x${crlf}Authorization: Bearer ${gateway.key}${crlf}${name}: ${value}${crlf}`
    await sendRaw(gateway.baseURL, `${head}Content-Length: 4${crlf}${crlf}nope`)
    // A line that is no header, after it: the parser fails with the bytes in its hand.
    await sendRaw(gateway.baseURL, `${head}${canary}${crlf}${crlf}`)
  }
  await sendRaw(gateway.baseURL, `${canary} ${canary}${crlf}${crlf}`)
  await sendRaw(gateway.baseURL, `GET /${canary} HTTP/9.9${crlf}${crlf}`)
  await postVideo(
    gateway,
    { prompt: `${canary} [[server_error]]` },
    { headers: { prefer: 'wait=50' } },
  )

  // Every line up to the answer of this request is written before that of the next is read.
  await api(gateway, 'GET', '/healthz', { headers: { 'x-request-id': 'last-of-all' } })
  while (!gateway.log.some((line) => line.includes('last-of-all'))) await untilLogged()
  const log = gateway.log.join('\n')
  expect(gateway.log.length).toBeGreaterThan(100)
  expect(log).toContain('"path":"/v2/downloads/… (')
  for (const secret of [canary, sig, gateway.key]) {
    expect(gateway.log.filter((line) => line.includes(secret))).toEqual([])
  }
})

function rawGet(path: string): string {
  return `GET ${path} HTTP/1.1${crlf}Host: gateway${crlf}Authorization: Bearer ${gateway.key}${crlf}${crlf}`
}

function untilLogged(): Promise<unknown> {
  return new Promise((resolve) => gateway.process.stderr?.once('data', resolve))
}
