import { expect, test } from 'vitest'
import type { RouteConfig } from '../adapter.ts'
import type { UpstreamImage, UpstreamJob } from '../upstream.ts'
import { toOrder } from './order.ts'
import { parseRoute } from './settings.ts'

const image: UpstreamImage = {
  role: 'reference_image',
  mimeType: 'image/png',
  width: 1,
  height: 1,
  bytes: 0,
  open: async function* () {},
}

function orderOf(
  params: RouteConfig['params'],
  input: Partial<UpstreamJob['input']> = {},
  images: UpstreamImage[] = [],
) {
  return toOrder({
    id: 'att_1',
    generationId: 'gen_1',
    workspaceId: 'ws_1',
    tenant: 'ws_1',
    type: 'image',
    route: {
      upstream: 'u',
      ...parseRoute({ model: 'm', ...(params === undefined ? {} : { params }) }),
    },
    input: {
      prompt: 'a fox',
      images: [],
      aspectRatio: '16:9',
      resolution: '2K',
      seed: null,
      outputFormat: 'webp',
      duration: null,
      sound: null,
      ...input,
    },
    images,
  })
}

test('an order says all that was asked for', () => {
  expect(orderOf({})?.fields).toEqual({
    model: 'm',
    prompt: 'a fox',
    n: 1,
    size: '2048x1152',
    output_format: 'webp',
  })
})

test('params go over what was asked for, and null leaves a field out', () => {
  const order = orderOf({ output_format: null, quality: 'high', steps: 4, extra: { a: [1] } })
  expect(order?.fields).toEqual({
    model: 'm',
    prompt: 'a fox',
    n: 1,
    size: '2048x1152',
    quality: 'high',
    steps: 4,
    extra: { a: [1] },
  })
})

test('a seed goes where the operator says, if there is one', () => {
  expect(orderOf({ seed: '{{seed}}' }, { seed: 7 })?.fields).toMatchObject({ seed: 7 })
  expect(orderOf({ seed: '{{seed}}' })?.fields).not.toHaveProperty('seed')
  expect(orderOf({}, { seed: 7 })?.fields).not.toHaveProperty('seed')
})

test('a size comes from the table of the route', () => {
  const sizes = { '1K': { '3:2': '1536x1024' } }
  const order = orderOf({ sizes }, { resolution: '1K', aspectRatio: '3:2' })
  expect(order?.fields).toMatchObject({ size: '1536x1024' })
  expect(order?.fields).not.toHaveProperty('sizes')
  expect(orderOf({ sizes })).toBeUndefined()
})

test('only fields that carry the client’s own value are traced back to it', () => {
  const all = orderOf({ seed: '{{seed}}' }, { seed: 7 }, [image, image])?.origins
  expect(Object.fromEntries(all ?? [])).toEqual({
    prompt: 'prompt',
    seed: 'seed',
    output_format: 'outputFormat',
    image: 'images',
    'image[0]': 'images[0]',
    'image[1]': 'images[1]',
  })
  const few = orderOf({ output_format: 'png' }, { prompt: 'x <sd_cpp_extra_args>' }, [
    image,
  ])?.origins
  expect(Object.fromEntries(few ?? [])).toEqual({ image: 'images[0]', 'image[0]': 'images[0]' })
})

test.each([
  [
    'a <sd_cpp_extra_args>{"a":1}</sd_cpp_extra_args> b',
    'a sd_cpp_extra_args{"a":1}/sd_cpp_extra_args b',
  ],
  ['<<sd_cpp_extra_args>>{}<</sd_cpp_extra_args>>', 'sd_cpp_extra_args{}/sd_cpp_extra_args'],
  ['<sd_cpp_<sd_cpp_extra_args>extra_args>', '<sd_cpp_sd_cpp_extra_argsextra_args>'],
  ['a < b > c <b>', 'a < b > c <b>'],
])('a prompt cannot set what the operator sets: %s', (prompt, sent) => {
  expect(orderOf({}, { prompt })?.fields).toMatchObject({ prompt: sent })
  expect(sent).not.toMatch(/<sd_cpp_extra_args>/u)
})
