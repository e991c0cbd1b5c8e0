/** What can go wrong with the files of a result. */
import type { Act, OutputFault, Script } from '../../support/upstream/script.ts'
import type { Row } from '../support/row.ts'
import { comfyui, each, fal, openai, queues } from './each.ts'
import { failed, made, wasted } from './outcomes.ts'

const byAddress = { settings: { dialect: 'localai' } } as const
const thrice = { submissions: '3', jobs: '3' }
const cut: Act = { reset: 'in-body' }
const faulty = (fault: OutputFault): { script: Script } => ({
  script: { job: { outputs: [{ fault }] } },
})

export const fetchingRows: readonly Row[] = [
  ...(['missing', 'gone'] as const).flatMap((fault) => [
    ...each(fal, `its file is ${fault}`, { ...faulty(fault), shows: 'D11' }, wasted),
    ...each(
      comfyui,
      `its file is ${fault}`,
      { ...faulty(fault), shows: 'D11' },
      { ...failed, ...thrice },
    ),
    ...each(
      openai,
      `its file is ${fault}`,
      { ...faulty(fault), ...byAddress, shows: 'D11' },
      { ...failed, ...thrice },
    ),
  ]),
  ...(['html', 'truncated'] as const).flatMap((fault) => [
    ...each(fal, `its file is ${fault}`, faulty(fault), wasted),
    ...each([...comfyui, ...openai], `its file is ${fault}`, faulty(fault), {
      ...failed,
      ...thrice,
    }),
  ]),
  ...each(queues, 'its file breaks off once', { script: { download: [cut, {}] } }, made),
  ...each(
    openai,
    'its file breaks off once',
    { script: { download: [cut, {}] }, ...byAddress },
    made,
  ),
  ...each(
    queues,
    'its file is in trouble, twice',
    {
      script: { download: [{ status: 503 }, { status: 429, headers: { 'retry-after': '1' } }, {}] },
    },
    made,
  ),
  ...each(
    queues,
    'its file stalls until the deadline',
    { script: { download: [{ stall: 'in-body' }, {}] }, deadlineSeconds: 2, shows: 'D5' },
    made,
  ),
  ...each(
    ['fal image'],
    'its file stalls for ever',
    { script: { download: { stall: 'in-body' } }, deadlineSeconds: 2, shows: 'D5' },
    wasted,
  ),
  ...each(
    ['comfyui image'],
    'its file stalls for ever',
    { script: { download: { stall: 'in-body' } }, deadlineSeconds: 2, shows: 'D5' },
    failed,
  ),
  ...each(openai, 'its file comes as an address', byAddress, made),
]
