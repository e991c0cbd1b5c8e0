import { expect, it } from 'vitest'
import { api, postImage } from '../support/api.ts'
import { recordingFetch } from '../support/traffic.ts'
import { cancel, start } from './support/generation-kind.ts'
import { useGateway } from './support/use-gateway.ts'

const gateway = useGateway()

it('is a decimal string in US dollars, less what running generations hold and completed ones cost', async () => {
  const owner = await gateway.addTenant({ balanceUsd: 12.34 })
  const balance = async () => (await api(owner, 'GET', '/v2/billing/balance')).body
  expect(await balance()).toEqual({ balance: '12.34', currency: 'USD' })
  const { id } = (await start('image', owner, { prompt: 'a fox [[stall]]' })).body
  expect((await balance()).balance).toBe('12.33')
  await cancel('image', owner, id)
  expect((await balance()).balance).toBe('12.34')
  await postImage(owner, { resolution: '4K' })
  expect((await balance()).balance).toBe('12.30')
})

it('is 0.00 for a workspace without credit, and reading it uses up no limit', async () => {
  const poor = await gateway.addTenant({ imagesPerMinute: 0, videosPerMinute: 0, concurrency: 0 })
  const answer = await api(poor, 'GET', '/v2/billing/balance')
  expect(answer.status).toBe(200)
  expect(answer.body.balance).toBe('0.00')
  expect(answer.headers.get('x-ratelimit-limit')).toBeNull()
})

it('is read with HEAD like with GET, without a body', async () => {
  const answer = await recordingFetch(`${gateway.baseURL}/v2/billing/balance`, {
    method: 'HEAD',
    headers: { authorization: `Bearer ${gateway.key}` },
  })
  expect([answer.status, await answer.text()]).toEqual([200, ''])
})
