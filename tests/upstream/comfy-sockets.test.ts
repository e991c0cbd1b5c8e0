import { expect, it } from 'vitest'
import { useUpstream } from './support/account.ts'
import { graphOf, historyOf, listen, prompt } from './support/comfy.ts'

const { upstream, fresh } = useUpstream()

it('a client hears of its job from start to end, in the order of a real server', async () => {
  const account = await fresh()
  const socket = await listen(account, 'me')
  await account.script('fox', { job: { progress: [0.5, 1] } })
  await prompt(account, { prompt: graphOf('a fox'), prompt_id: 'one', client_id: 'me' })
  await socket.heard('execution_success')
  // The last message has no node: nothing runs any more.
  const last = await listen(account, 'other')
  expect(socket.types.slice(0, 14)).toEqual([
    'status',
    'status',
    'execution_start',
    'execution_cached',
    'executing',
    'progress_state',
    'progress',
    'binary',
    'progress_state',
    'progress',
    'binary',
    'executed',
    'execution_success',
    'status',
  ])
  expect(socket.data).toContainEqual({ node: null, prompt_id: 'one' })
  expect(socket.data).toContainEqual({ value: 0.5, max: 1, prompt_id: 'one', node: '1' })
  expect(last.types).toEqual(['status'])
  socket.close()
  last.close()
})

it('a job without a client is told of to everybody, but for its start and its end', async () => {
  const account = await fresh()
  const socket = await listen(account, 'me')
  await account.script('fox', { job: { progress: [0.5] } })
  await prompt(account, { prompt: graphOf('a fox'), prompt_id: 'one' })
  await socket.heard('progress')
  await prompt(account, { prompt: graphOf('an owl'), prompt_id: 'two', client_id: 'me' })
  await socket.heard('execution_success')
  expect(socket.data.filter((data) => data['prompt_id'] === 'one')).toHaveLength(2)
  socket.close()
})

it('a second socket of a client takes over, and both are deaf when the first one closes', async () => {
  const account = await fresh()
  await account.script('fox', { job: { gate: 'drawn' } })
  const first = await listen(account, 'me')
  await prompt(account, { prompt: graphOf('a fox'), prompt_id: 'one', client_id: 'me' })
  const second = await listen(account, 'me')
  await second.heard('executing')
  expect(second.data.at(-1)).toEqual({ node: '1' })
  first.close()
  await first.closed
  await account.open('drawn')
  expect(await historyOf(account, 'one')).toBeDefined()
  // Whatever had been sent to it would have come before the end of the connection.
  await account.dropSockets()
  expect(await second.closed).toBe(1006)
  expect(second.types).toEqual(['status', 'executing'])
})

it('sockets end without a close frame when the server goes, and can be refused', async () => {
  const account = await fresh()
  const socket = await listen(account, 'me')
  await account.restartComfy()
  expect(await socket.closed).toBe(1006)
  const other = await listen(account, 'me')
  await upstream().down()
  expect(await other.closed).toBe(1006)
  await upstream().up()
  await account.script('', { other: { status: 404 } })
  await expect(listen(account, 'me')).rejects.toThrow('before anything came')
  expect(await account.seen('other', { match: 'clientId=me', count: 3 })).toHaveLength(3)
})
