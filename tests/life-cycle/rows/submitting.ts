/** What can go wrong between sending a job and hearing that it was taken. */
import { falAnswers } from '../../support/upstream/answers/fal.ts'
import { openaiAnswers } from '../../support/upstream/answers/openai.ts'
import type { Act } from '../../support/upstream/script.ts'
import type { Row } from '../support/row.ts'
import { all, blind, comfyui, each, fal, openai, queues } from './each.ts'
import { failed, made, refused, unknown } from './outcomes.ts'

const page: Act = { body: '<!doctype html><title>Welcome</title>' }
const badGateway: Act = { status: 503, body: '<!doctype html><title>Unavailable</title>' }
const slowDown = (seconds: number): Act => ({
  status: 429,
  headers: { 'retry-after': String(seconds) },
})
const none = { submissions: '0', jobs: '0' }
const twice = { submissions: '2', jobs: '1' }
const overTo = { submissions: '1+1', jobs: '0+1' }

export const submittingRows: readonly Row[] = [
  ...each(all, 'nobody listens', { isDown: true }, { ...failed, ...none }),
  ...each(
    blind,
    'reset before it is read',
    { script: { submit: { reset: 'before-reading' } } },
    { ...unknown, ...none },
  ),
  ...each(
    comfyui,
    'reset before it is read',
    { script: { submit: [{ reset: 'before-reading' }, {}] } },
    made,
  ),
  ...each(
    blind,
    'reset after it is read',
    { script: { submit: { reset: 'after-reading' } } },
    unknown,
  ),
  ...each(
    comfyui,
    'reset after it is read',
    { script: { submit: { reset: 'after-reading' } } },
    made,
  ),
  ...each(
    comfyui,
    'reset after it is read, and listed late',
    { script: { submit: { reset: 'after-reading' }, job: { hiddenPolls: 1 } }, shows: 'D1' },
    made,
  ),
  ...each(all, 'a slow answer', { script: { submit: { delayMs: 1000 } } }, made),
  ...each(all, '429 once', { script: { submit: [{ status: 429 }, {}] } }, { ...made, ...twice }),
  ...each(
    all,
    '429 for a second',
    { script: { submit: [slowDown(1), {}] } },
    { ...made, ...twice },
  ),
  ...each(
    ['openai image', 'fal image', 'comfyui image'],
    '429 for two minutes, with another route',
    { script: { submit: slowDown(120) }, fallback: 'fal image', shows: 'D5' },
    { ...made, ...overTo },
  ),
  ...each(
    ['openai image', 'fal image', 'comfyui image'],
    '429 for two minutes, and no other route',
    { script: { submit: slowDown(120) }, shows: 'D5' },
    { ...failed, jobs: '0', after: '200 rate_limit, failed, not charged, retry' },
  ),
  ...each(
    ['fal film', 'comfyui film'],
    '429 for two minutes, and no other route',
    { script: { submit: slowDown(120) }, shows: 'D5' },
    { ...failed, jobs: '0' },
  ),
  ...each(blind, '503 with a page', { script: { submit: badGateway } }, { ...unknown, jobs: '0' }),
  ...each(
    comfyui,
    '503 with a page',
    { script: { submit: [badGateway, {}] } },
    { ...made, ...twice },
  ),
  ...each(
    openai,
    '503: overloaded',
    { script: { submit: [openaiAnswers.overloaded(), {}] } },
    { ...made, ...twice },
  ),
  ...each(blind, '200 with a page', { script: { submit: page } }, unknown),
  ...each(comfyui, '200 with a page', { script: { submit: page } }, made),
  ...each(openai, 'half an answer', { script: { submit: { half: true } } }, unknown),
  ...each(queues, 'half an answer', { script: { submit: { half: true } } }, made),
  ...each(openai, 'cut in its answer', { script: { submit: { reset: 'in-body' } } }, unknown),
  ...each(queues, 'cut in its answer', { script: { submit: { reset: 'in-body' } } }, made),
  ...each(
    ['openai image', 'fal image', 'comfyui image'],
    'no room until the deadline',
    { isCrowded: true, deadlineSeconds: 5, shows: 'D5 D8' },
    failed,
  ),
  ...each(
    all,
    'never answered',
    { script: { submit: { stall: 'before-headers' } }, deadlineSeconds: 2, shows: 'D5 D8' },
    unknown,
  ),
  ...each(
    all,
    'an answer that stalls',
    { script: { submit: { stall: 'in-body' } }, deadlineSeconds: 2, shows: 'D5' },
    unknown,
  ),
  ...each(
    fal,
    'no money',
    { script: { submit: falAnswers.exhausted() } },
    { ...failed, jobs: '0' },
  ),
  ...each(
    openai,
    'no money',
    { script: { submit: openaiAnswers.insufficientQuota() } },
    { ...failed, jobs: '0' },
  ),
  ...each(
    blind,
    'a key that is refused',
    { settings: { key: 'another' } },
    { ...failed, jobs: '0' },
  ),
  ...each(
    comfyui,
    'a proxy that lets nobody in',
    { settings: { key: 'another' } },
    { ...failed, jobs: '0' },
  ),
  ...each(
    ['openai image', 'fal image', 'comfyui image'],
    'a key that is refused, with another route',
    { settings: { key: 'another' }, fallback: 'fal image' },
    { ...made, ...overTo },
  ),
  ...each(
    fal,
    'no such model',
    { script: { submit: falAnswers.unknownModel() } },
    { ...failed, jobs: '0' },
  ),
  ...each(
    openai,
    'refused for its content',
    { script: { job: { verdict: 'moderated' } } },
    refused,
  ),
]
