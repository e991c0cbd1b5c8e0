import { expect, test } from 'vitest'
import type { Model, Route } from '../models/model.ts'
import type { Account } from './accounts.ts'
import { createCapacity } from './capacity.ts'
import { createRouting } from './routing.ts'
import type { Upstream } from './upstream.ts'

const route = (upstream: string): Route => ({ upstream, model: `${upstream}-m`, settings: null })
// Only what routing reads of them.
const model = { id: 'm', type: 'image', routes: [route('a'), route('b')] } as unknown as Model
const upstream = (name: string) => ({ name }) as Upstream
const account = (name: string, credential: string | null): Account => ({
  upstream: upstream(name),
  credential,
  capacity: createCapacity({}),
})
const [a, sandbox] = [account('a', 'KEY_A'), account('sandbox', null)]
const routing = createRouting({
  models: [model],
  accounts: [a, sandbox],
  testRoute: ({ type }) => ({ ...route('sandbox'), model: type }),
})

test('a live order takes the routes of its model, a test order the one for tests', () => {
  expect(routing.routesOf({ model: 'm', mode: 'live' })).toEqual([route('a'), route('b')])
  expect(routing.routesOf({ model: 'm', mode: 'test' })).toEqual([
    { upstream: 'sandbox', model: 'image', settings: null },
  ])
})

test('a model that is not configured has no routes, and nobody to rehearse it', () => {
  expect(routing.routesOf({ model: 'x', mode: 'live' })).toEqual([])
  expect(routing.routesOf({ model: 'x', mode: 'test' })).toEqual([])
  expect(routing.rehearsing({ model: 'x', mode: 'live' })).toBeUndefined()
})

test('who is asked is who is configured', () => {
  expect(routing.accountFor(route('a'))).toBe(a)
  expect(routing.accountFor(route('b'))).toBeUndefined()
})

test('an attempt is looked after with the credential that it was sent with, or by nobody', () => {
  expect(routing.accountOf({ upstream: 'a', credential: 'KEY_A' })).toBe(a)
  expect(routing.accountOf({ upstream: 'a', credential: 'KEY_B' })).toBeUndefined()
  expect(routing.accountOf({ upstream: 'a', credential: null })).toBeUndefined()
  expect(routing.accountOf({ upstream: 'sandbox', credential: null })).toBe(sandbox)
  expect(routing.accountOf({ upstream: 'b', credential: null })).toBeUndefined()
})

test('rehearsals are those of the first route', () => {
  expect(routing.rehearsing({ model: 'm', mode: 'test' })).toBe(sandbox.upstream)
  expect(routing.rehearsing({ model: 'm', mode: 'live' })).toBe(a.upstream)
})
