/** What can go wrong while an upstream is asked for a job, and how jobs end. */
import type { Act } from '../../support/upstream/script.ts'
import type { Row } from '../support/row.ts'
import { comfyui, each, fal, openai, queues } from './each.ts'
import { failed, made, refused, unknown, wasted } from './outcomes.ts'

const page: Act = { body: '<!doctype html><title>Welcome</title>' }
const down: Act = { status: 503 }
const gone: Act = { status: 404 }
const silent: Act = { stall: 'before-headers' }
const thrice = { submissions: '3', jobs: '3' }

export const pollingRows: readonly Row[] = [
  ...each(
    fal,
    '503, 503, 404, 404, 503, 404',
    { script: { status: [down, down, gone, gone, down, gone, {}] }, shows: 'D2' },
    made,
  ),
  ...each(
    comfyui,
    '503, 503, not there, not there',
    { script: { status: [down, down, {}], job: { hiddenPolls: 4 } }, shows: 'D2' },
    made,
  ),
  ...each(
    fal,
    'the job is lost',
    { script: { job: { pendingPolls: 'forever', forgetAfterPolls: 1 } } },
    wasted,
  ),
  ...each(
    comfyui,
    'the job is lost with its server',
    {
      script: { job: { gate: 'again' } },
      async during(account) {
        await account.seen('status')
        await account.restartComfy()
        await account.open('again')
      },
    },
    { ...made, submissions: '2', jobs: '2' },
  ),
  ...each(
    queues,
    'a page, half an answer',
    { script: { status: [page, { half: true }, {}] } },
    made,
  ),
  ...each(
    queues,
    'no answer until the deadline, and then a result',
    { script: { status: [silent, {}] }, deadlineSeconds: 2, shows: 'D5 D12' },
    made,
  ),
  ...each(
    ['fal image', 'comfyui image'],
    'at work past the deadline',
    {
      script: { job: { pendingPolls: 'forever', ignoresCancel: true } },
      deadlineSeconds: 2,
      shows: 'D12',
    },
    unknown,
  ),
  ...each(fal, 'its result is not there yet', { script: { result: [gone, {}] } }, made),
  ...each(fal, 'its result is never there', { script: { result: gone }, shows: 'D11' }, wasted),
  ...each(
    queues,
    'its result is a page, trouble, half',
    { script: { result: [page, down, { half: true }, {}] } },
    made,
  ),
  ...each(
    queues,
    'its result stalls until the deadline',
    { script: { result: [{ stall: 'in-body' }, {}] }, deadlineSeconds: 2, shows: 'D5 D12' },
    made,
  ),
  ...each(fal, 'refused for its content', { script: { job: { verdict: 'moderated' } } }, refused),
  ...each(
    comfyui,
    'refused by a node’s service',
    { script: { job: { verdict: 'moderated' } } },
    refused,
  ),
  ...each(
    openai,
    'refused by an empty result',
    { script: { job: { verdict: 'moderated-as-empty' } } },
    { ...failed, ...thrice },
  ),
  ...each(
    fal,
    'refused by an empty result',
    { script: { job: { verdict: 'moderated-as-empty' } } },
    wasted,
  ),
  ...each(
    comfyui,
    'refused by an exception',
    { script: { job: { verdict: 'moderated-as-empty' } } },
    refused,
  ),
  ...each(
    ['fal image'],
    'refused by a black picture',
    { script: { job: { verdict: 'nsfw-flag' } } },
    refused,
  ),
  ...each(openai, 'no file', { script: { job: { verdict: 'empty' } } }, { ...failed, ...thrice }),
  ...each(fal, 'no file', { script: { job: { verdict: 'empty' } } }, wasted),
  ...each(comfyui, 'no file', { script: { job: { verdict: 'empty' } } }, { ...failed, ...thrice }),
  ...each(
    openai,
    'a value that it does not take',
    { script: { job: { verdict: 'invalid-field' } } },
    { ...failed, after: '200 invalid_parameter, failed, not charged, do not retry' },
  ),
  ...each(
    fal,
    'a value that it does not take',
    { script: { job: { verdict: 'invalid-field' } } },
    { ...wasted, after: '200 invalid_parameter, failed, not charged, do not retry' },
  ),
  ...each(openai, 'failed', { script: { job: { verdict: 'failed' } } }, unknown),
  ...each(queues, 'failed', { script: { job: { verdict: 'failed' } } }, failed),
  ...each(
    ['fal image', 'comfyui image'],
    'failed, with another route',
    { script: { job: { verdict: 'failed' } }, fallback: 'openai image' },
    { ...made, submissions: '1+1', jobs: '1+1' },
  ),
  ...each(comfyui, 'out of memory', { script: { job: { verdict: 'out-of-memory' } } }, failed),
  ...each(
    comfyui,
    'an error beside a file',
    { script: { job: { verdict: 'failed-with-outputs' } } },
    failed,
  ),
  ...each(fal, 'timed out', { script: { job: { verdict: 'timed-out' } } }, failed),
  ...each(fal, 'its runner is lost', { script: { job: { verdict: 'runner-lost' } } }, failed),
  ...each(
    fal,
    'a failure that the queue hides',
    { script: { job: { verdict: 'moderated', hidesFailure: true } } },
    refused,
  ),
]
