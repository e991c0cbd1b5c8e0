/**
 * What ComfyUI's answers mean. Nothing here asks, waits or remembers, and the first row that fits holds.
 * No row quotes a text of the server as it is: exceptions and traces hold folders of that machine and
 * the prompt. Names of nodes, inputs and types say enough, and the server's own log has the rest.
 */
import type { FailureKind, JobTrace, UpstreamFailure } from '../upstream.ts'
import { readNodeErrors, type FieldOf, type NodeError } from './node-errors.ts'
import { toRecord, toText } from './unknowns.ts'
import type { Answer } from './wire.ts'

/** What the answer to a submission or an upload says. */
interface AnswerFacts {
  status: number
  /** `error.type` of the body; empty without one. */
  type: string
  /** `error.message`, of which only names are ever repeated. */
  message: string
  /** What is wrong at which node. */
  nodeErrors: readonly NodeError[]
  /** For an upload, the image's field. */
  upload?: string
}

interface AnswerRow {
  name: string
  fits(facts: AnswerFacts): boolean
  kind: FailureKind
  job: JobTrace
  note(facts: AnswerFacts): string
  field?(facts: AnswerFacts): string | undefined
}

const byStatus = ({ status }: AnswerFacts) => `HTTP ${status}`

/** Answers to a submission or an upload. */
export const answerRows: readonly AnswerRow[] = [
  {
    name: 'payment_required',
    fits: ({ status }) => status === 402,
    kind: 'funds',
    job: 'none',
    note: () => 'HTTP 402: whoever stands before ComfyUI wants money',
  },
  {
    name: 'unauthorized',
    fits: ({ status }) => status === 401 || status === 403 || status === 407,
    kind: 'credential',
    job: 'none',
    note: ({ status }) => `HTTP ${status}: the server, or whoever stands before it, lets nobody in`,
  },
  {
    // The image was uploaded a moment ago, so somebody has cleared the folder since.
    name: 'image_vanished',
    fits: ({ nodeErrors }) => nodeErrors.some(isVanished),
    kind: 'transient',
    job: 'none',
    note: () => 'an uploaded image was no longer there',
  },
  {
    name: 'value_refused',
    fits: ({ nodeErrors }) => nodeErrors.some(isOfClient),
    kind: 'bad_input',
    job: 'none',
    note: ({ nodeErrors }) => describe(nodeErrors.filter(isOfClient)),
    field: ({ nodeErrors }) => nodeErrors.find(isOfClient)?.field,
  },
  {
    name: 'file_of_model_missing',
    fits: ({ nodeErrors }) => nodeErrors.some(({ type }) => type === 'value_not_in_list'),
    kind: 'model_gone',
    job: 'none',
    note: ({ nodeErrors }) => describe(nodeErrors),
  },
  {
    name: 'workflow_refused',
    fits: ({ nodeErrors, type }) => nodeErrors.length > 0 || type === failedValidation,
    kind: 'bad_input',
    job: 'none',
    note: ({ nodeErrors }) => describe(nodeErrors),
  },
  {
    name: 'node_unknown',
    fits: ({ type }) => type === 'invalid_prompt',
    kind: 'model_gone',
    job: 'none',
    note: ({ message }) => {
      const node = /because node ([\w.+ -]{1,80}) does not exist/.exec(message)?.[1]
      return node === undefined
        ? 'the server does not take the workflow: a node has no class_type'
        : `the server has no node ${node}; install the extension that brings it`
    },
  },
  {
    name: 'no_outputs',
    fits: ({ type }) => type === 'prompt_no_outputs' || type === 'no_prompt',
    kind: 'model_gone',
    job: 'none',
    note: ({ type }) => `the workflow has no node that saves a file (${type})`,
  },
  {
    name: 'image_too_large',
    fits: ({ status, upload }) => status === 413 && upload !== undefined,
    kind: 'bad_input',
    job: 'none',
    note: () => 'HTTP 413: the image is larger than --max-upload-size of the server',
    field: ({ upload }) => upload,
  },
  {
    name: 'workflow_too_large',
    fits: ({ status }) => status === 413,
    kind: 'bad_input',
    job: 'none',
    note: () => 'HTTP 413: the workflow is larger than --max-upload-size of the server',
  },
  {
    name: 'throttled',
    fits: ({ status }) => status === 429,
    kind: 'throttled',
    job: 'none',
    note: byStatus,
  },
  {
    name: 'not_comfyui',
    fits: ({ status }) => status === 404 || status === 405,
    kind: 'model_gone',
    job: 'none',
    note: ({ status }) => `HTTP ${status}: there is no ComfyUI at base_url`,
  },
  {
    // Of a proxy that has waited for the rest of the request, as it thinks.
    name: 'request_timeout',
    fits: ({ status }) => status === 408,
    kind: 'transient',
    job: 'possible',
    note: byStatus,
  },
  {
    name: 'redirected',
    fits: ({ status }) => status >= 300 && status < 400,
    kind: 'model_gone',
    job: 'possible',
    note: ({ status }) => `HTTP ${status}: base_url leads elsewhere`,
  },
  {
    name: 'refused',
    fits: ({ status }) => status >= 400 && status < 500,
    kind: 'bad_input',
    job: 'none',
    note: byStatus,
  },
  {
    // Seen for a job that was queued all the same.
    name: 'server_error',
    fits: ({ status }) => status >= 500,
    kind: 'transient',
    job: 'possible',
    note: byStatus,
  },
  {
    name: 'unreadable',
    fits: () => true,
    kind: 'useless',
    job: 'possible',
    note: ({ status }) => `HTTP ${status} without what ComfyUI answers`,
  },
]

const failedValidation = 'prompt_outputs_failed_validation'

function isVanished({ type, field }: NodeError): boolean {
  return type === 'custom_validation_failed' && field !== undefined && field.startsWith('images')
}

// Of these the value is at fault; the rest are about links and nodes.
const ofValue = new Set([
  'custom_validation_failed',
  'invalid_input_type',
  'value_bigger_than_max',
  'value_not_in_list',
  'value_smaller_than_min',
])

function isOfClient({ type, field }: NodeError): boolean {
  return field !== undefined && ofValue.has(type)
}

function describe(errors: readonly NodeError[]): string {
  const words = errors.slice(0, 3).map(({ node, nodeClass, type, input, value }) => {
    const what = [input, value].filter((word) => word !== undefined).join(' ')
    return `node ${node} (${nodeClass}): ${type}${what === '' ? '' : ` of ${what}`}`
  })
  return words.length === 0 ? 'the server refuses the workflow' : words.join('; ')
}

/**
 * The failure that an answer is. `fieldOf` tells which field of the client's a node got; `upload` is that
 * of the image that was uploaded.
 */
export function classifyAnswer(
  answer: Pick<Answer, 'status' | 'text' | 'isCut' | 'json'>,
  { fieldOf = () => undefined, upload }: { fieldOf?: FieldOf; upload?: string } = {},
): UpstreamFailure {
  const facts = { ...readFacts(answer, fieldOf), ...(upload === undefined ? {} : { upload }) }
  const { kind, job, note, field: fieldIn } = rowOfAnswer(facts)
  const field = fieldIn?.(facts)
  return {
    kind,
    note: note(facts),
    job,
    billed: 'no',
    httpStatus: facts.status,
    ...(field === undefined ? {} : { field }),
  }
}

function rowOfAnswer(facts: AnswerFacts): AnswerRow {
  const row = answerRows.find(({ fits }) => fits(facts))
  // The last one fits everything.
  if (row === undefined) throw new Error('no row fits')
  return row
}

function readFacts(
  { status, text, isCut, json }: Parameters<typeof classifyAnswer>[0],
  fieldOf: FieldOf,
): AnswerFacts {
  const body = toRecord(json) ?? {}
  const error = toRecord(body['error']) ?? {}
  // A long list of what would be allowed may have been too much to read.
  const typeOfCut = isCut ? /^\{"error":\s*\{"type":\s*"(\w{1,60})"/.exec(text)?.[1] : undefined
  return {
    status,
    type: typeOfCut ?? toText(error['type']),
    message: toText(error['message']),
    nodeErrors: readNodeErrors(body['node_errors'], fieldOf),
  }
}
