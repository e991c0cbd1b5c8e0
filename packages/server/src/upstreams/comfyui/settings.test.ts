import { expect, test } from 'vitest'
import type { GenerationType } from '../../contract/generations.ts'
import { StartupError } from '../../storage/startup-error.ts'
import type { RouteConfig } from '../adapter.ts'
import type { Json, UpstreamJob } from '../upstream.ts'
import { promptIdOf } from './ids.ts'
import { comfyuiAdapter } from './index.ts'
import { settingsOf } from './settings.ts'
import { fillGraph, valuesOf } from './values.ts'

type Nodes = Record<string, { class_type: string; inputs: Record<string, Json>; _meta?: object }>

const text = (value: string, title = 'Text') => ({
  class_type: 'CLIPTextEncode',
  inputs: { text: value, clip: ['4', 1] },
  _meta: { title },
})
const size = (width: Json, height: Json) => ({
  class_type: 'EmptyLatentImage',
  inputs: { width, height, batch_size: 1 },
})
const sampler = { class_type: 'KSampler', inputs: { seed: 7, steps: 20, latent_image: ['5', 0] } }
const save = { class_type: 'SaveImage', inputs: { images: ['8', 0], filename_prefix: 'ComfyUI' } }
const load = (image: string, title = 'Load') => ({
  class_type: 'LoadImage',
  inputs: { image },
  _meta: { title },
})
const basic: Nodes = { 3: sampler, 5: size(1024, 1024), 6: text('{{prompt}}'), 9: save }

function read(nodes: unknown, config: RouteConfig = {}, type: GenerationType = 'image') {
  const content = typeof nodes === 'string' ? nodes : JSON.stringify(nodes)
  return comfyuiAdapter.parseRoute({ workflow: './flows/fox.json', ...config }, type, () => content)
}

function refusal(...args: Parameters<typeof read>): string {
  try {
    read(...args)
  } catch (error) {
    if (error instanceof StartupError) return error.message
    throw error
  }
  return 'it was taken'
}

function fill(nodes: Nodes, config: RouteConfig, input: Partial<UpstreamJob['input']>): Nodes {
  const type = input.duration === undefined ? 'image' : 'video'
  const route = { upstream: 'gpu', ...read(nodes, config, type) }
  const job: UpstreamJob = {
    id: 'att_0198c6a2f4b07c3e9a51d2e6b8f01234',
    generationId: 'gen_1',
    workspaceId: 'ws_1',
    tenant: 'ws_1',
    type,
    route,
    input: {
      prompt: 'a fox',
      images: [],
      aspectRatio: '1:1',
      resolution: '1K',
      seed: null,
      outputFormat: 'png',
      duration: null,
      sound: null,
      ...input,
    },
    images: [],
  }
  const settings = settingsOf(route)
  // Of the form that it was read in.
  return fillGraph(settings, valuesOf(job, settings, new Map()), 'own') as unknown as Nodes
}

test.each([
  [
    'no file',
    undefined,
    'workflow is missing; name a file that ComfyUI has exported in API format',
  ],
  ['broken JSON', '{"3": ', 'workflow: ./flows/fox.json is not valid JSON of a workflow; choose'],
  ['a list', '[]', 'workflow: ./flows/fox.json is not valid JSON of a workflow; choose'],
  ['the format of the editor', { nodes: [], links: [] }, "is in the format of ComfyUI's editor"],
  ['nothing', {}, 'has no nodes; choose "Export (API)"'],
  ['something else', { name: 'fox' }, 'since "name" in it has no class_type and inputs; choose'],
  ['no output', { 6: text('{{prompt}}') }, 'has no node that saves a file; add one such as'],
  [
    'an output by WebSocket',
    { ...basic, 9: { class_type: 'SaveImageWebsocket', inputs: {} } },
    'saves',
  ],
  ['no prompt', { ...basic, 6: text('a fox') }, 'has no {{prompt}}; put it where'],
  [
    'a name that is none',
    { ...basic, 7: text('{{steps}}') },
    'has {{steps}}, which an image has no',
  ],
  [
    'a name of films',
    { ...basic, 7: text('{{duration}}') },
    'has {{duration}}, which an image has',
  ],
  ['half a size', { ...basic, 5: size('{{width}}', 512) }, 'has {{width}} but no {{height}}'],
  [
    'no size',
    { 6: text('{{prompt}}'), 9: save },
    'has no {{width}} and {{height}}; put them where',
  ],
  ['a gap', { ...basic, 1: load('{{image_2}}') }, 'has {{image_2}} but no {{image_1}}; number'],
  [
    'a title without input',
    { ...basic, 3: { ...save, _meta: { title: 'seed' } } },
    'of node 3 is seed',
  ],
])('a workflow with %s is refused in one sentence', (_, nodes, sentence) => {
  const config = nodes === undefined ? { workflow: undefined } : {}
  // What is undefined here is absent in a configuration.
  const message = refusal(nodes ?? basic, config as RouteConfig)
  expect(message).toContain(sentence)
  expect(message).toMatch(/^workflow[: ].*\.$/)
})

test('a file that cannot be read is told with the reason', () => {
  const readFile = () => {
    throw new Error('ENOENT: no such file')
  }
  expect(() => comfyuiAdapter.parseRoute({ workflow: 'x.json' }, 'image', readFile)).toThrow(
    'workflow: x.json cannot be read: ENOENT: no such file.',
  )
})

test.each([
  [{ steps: 20 }, 'params: there is no "steps" for a workflow; there is negative_prompt, fps'],
  [{ '77.steps': 20 }, 'is no input of a node in ./flows/fox.json; its nodes are 3, 5, 6, 9.'],
  [{ '3.stepz': 20 }, 'is no input of a node in ./flows/fox.json; node 3 has seed, steps, latent'],
  [{ '6.text': 'a cat' }, 'params: "6.text" would take the place of {{prompt}}; leave it out.'],
  [{ fps: 12.5 }, 'params.fps has to be a whole number from 1 to 240.'],
  [{ aspect_ratio: 'wide' }, 'params.aspect_ratio has to be such as "16:9".'],
  [{ output_format: 'gif' }, 'params.output_format has to be jpeg, png or webp.'],
])('params %j are refused in one sentence', (params, sentence) => {
  expect(refusal(basic, { params })).toContain(sentence)
})

test('a workflow for films says how long they are, and how many frames a second has', () => {
  expect(refusal(basic, {}, 'video')).toContain('neither {{frames}} nor {{duration}}')
  const frames = { ...basic, 5: { ...size(832, 480), inputs: { length: '{{frames}}' } } }
  expect(refusal(frames, { params: { aspect_ratio: '16:9', resolution: '480p' } }, 'video')).toBe(
    'params.fps is missing; ./flows/fox.json has {{frames}}, so say how many frames a second has, such as "fps": 16.',
  )
})

test('placeholders decide what a model can do', () => {
  const route = read({
    ...basic,
    1: load('{{image_1}}'),
    2: load('{{image_2}}'),
    3: { ...sampler, inputs: { ...sampler.inputs, seed: '{{seed}}' } },
    5: size('{{width}}', '{{height}}'),
  })
  expect(route.model).toBe('fox')
  expect(comfyuiAdapter.capabilities('image', route)).toMatchObject({
    resolutions: ['1K', '2K', '4K'],
    outputFormats: ['png'],
    imageRoles: ['reference_image'],
    maxImages: 2,
    seed: true,
    sound: false,
  })
  expect(comfyuiAdapter.capabilities('video', route)).toBeUndefined()
})

test('a workflow that fixes something says so', () => {
  const still = comfyuiAdapter.capabilities('image', read({ ...basic, 5: size(1216, 832) }))
  expect(still).toMatchObject({
    aspectRatios: ['19:13'],
    resolutions: ['1K'],
    maxImages: 0,
    seed: false,
  })
  const params = { duration: 3, aspect_ratio: '16:9' }
  const film = read(
    { ...basic, 1: load('{{first_frame}}'), 2: load('{{last_frame}}'), 5: size(832, 480) },
    { params },
    'video',
  )
  expect(comfyuiAdapter.capabilities('video', film)).toMatchObject({
    aspectRatios: ['16:9'],
    resolutions: ['480p'],
    durations: [3],
    defaultDuration: 3,
    imageRoles: ['first_frame', 'last_frame'],
    maxImages: 2,
  })
})

test('a placeholder that stands alone becomes the value with its type, in a text it becomes text', () => {
  const nodes: Nodes = {
    ...basic,
    3: { class_type: 'KSampler', inputs: { seed: ' {{ seed }} ', on: [{ at: '{{width}}' }] } },
    5: size('{{width}}', '{{height}}'),
    6: text('{{prompt}}, {{width}}x{{height}}, not {{negative_prompt}}.'),
  }
  const filled = fill(
    nodes,
    { params: { negative_prompt: 'dull' } },
    {
      prompt: 'a {{seed}} $& fox',
      seed: 2 ** 53 - 1,
      aspectRatio: '3:2',
    },
  )
  expect(filled['3']?.inputs).toEqual({ seed: 2 ** 53 - 1, on: [{ at: 1024 }] })
  expect(filled['5']?.inputs).toMatchObject({ width: 1024, height: 680 })
  expect(filled['6']?.inputs['text']).toBe('a {{seed}} $& fox, 1024x680, not dull.')
  expect(filled['9']).toEqual({ ...save, inputs: { ...save.inputs, filename_prefix: 'own' } })
})

test('frames are counted from the duration', () => {
  const nodes = {
    ...basic,
    5: { class_type: 'Wan', inputs: { length: '{{frames}}', fps: '{{fps}}' } },
  }
  const params = { fps: 16, extra_frames: 1, aspect_ratio: '16:9', resolution: '480p' }
  const filled = fill(nodes, { params }, { duration: 5, resolution: '480p' })
  expect(filled['5']?.inputs).toEqual({ length: 81, fps: 16 })
})

test('without a seed the jobs differ, and the same job stays the same', () => {
  const nodes = { ...basic, 3: { class_type: 'KSampler', inputs: { seed: '{{seed}}' } } }
  const seed = fill(nodes, {}, {})['3']?.inputs['seed']
  expect(seed).toBe(fill(nodes, {}, {})['3']?.inputs['seed'])
  expect(seed).toBeGreaterThan(0)
  expect(seed).toBeLessThan(2 ** 32)
})

test('a node whose title is a name is meant by it, and keeps its own value where an order has none', () => {
  const nodes: Nodes = {
    ...basic,
    1: load('own.png', 'image_1'),
    3: { ...sampler, _meta: { title: 'seed' } },
    6: text('will be replaced', 'prompt'),
    7: text('ugly', 'negative_prompt'),
    10: { class_type: 'PrimitiveInt', inputs: { value: 1 }, _meta: { title: '{{width}}' } },
    11: { class_type: 'PrimitiveInt', inputs: { value: 1 }, _meta: { title: 'height' } },
  }
  const route = read(nodes)
  expect(comfyuiAdapter.capabilities('image', route)).toMatchObject({ seed: true, maxImages: 1 })
  const filled = fill(nodes, {}, { seed: 5 })
  const values = ['1', '3', '6', '7', '10', '11'].map(
    (id) => Object.values(filled[id]?.inputs ?? {})[0],
  )
  expect(values).toEqual(['own.png', 5, 'a fox', 'ugly', 1024, 1024])
})

test('params set inputs of nodes, also to placeholders', () => {
  const params = { '3.steps': 4, '3.seed': '{{seed}}' }
  const filled = fill(basic, { params }, { seed: 9 })
  expect(filled['3']?.inputs).toMatchObject({ steps: 4, seed: 9 })
})

test('the id of a job is a UUID that its attempt alone decides', () => {
  const id = promptIdOf('att_0198c6a2f4b07c3e9a51d2e6b8f01234')
  expect(id).toBe('0198c6a2-f4b0-7c3e-9a51-d2e6b8f01234')
  expect(promptIdOf('something else')).toMatch(/^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/)
  expect(promptIdOf('something else')).toBe(promptIdOf('something else'))
})
