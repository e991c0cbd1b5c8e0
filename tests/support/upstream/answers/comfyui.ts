import type { Act } from '../script.ts'

interface Fault {
  type: string
  message: string
  details?: string
}

/** A node that does not take one of its inputs. */
export interface InputFault extends Fault {
  node: string
  input: string
  classType?: string
  received?: unknown
  outputs?: string[]
}

/** The field `node_errors` of one node. */
export function nodeErrors({ node, outputs = ['9'], ...fault }: InputFault): object {
  const { type, message, input, details = input, classType = 'EmptyLatentImage' } = fault
  const extra_info = {
    input_name: input,
    input_config: ['INT', { default: 512, min: 16, max: 16384, step: 8 }],
    received_value: fault.received ?? null,
  }
  const errors = [{ type, message, details, extra_info }]
  return { [node]: { errors, dependent_outputs: outputs, class_type: classType } }
}

function refusal({ type, message, details = '' }: Fault, errors: object = {}): Act {
  return {
    status: 400,
    body: { error: { type, message, details, extra_info: {} }, node_errors: errors },
  }
}

/** What ComfyUI answers when something is wrong. */
export const comfyAnswers = {
  /** 500 says neither that it was taken nor that it was not: the script's `takesJob` does. */
  trouble: (takesJob = false): Act => ({
    status: 500,
    headers: { 'content-type': 'text/plain; charset=utf-8', connection: 'close' },
    body: '500 Internal Server Error\n\nServer got itself in trouble',
    takesJob,
  }),
  tooLarge: (limit: number, bytes: number): Act => ({
    status: 413,
    headers: { 'content-type': 'text/plain; charset=utf-8' },
    body: `Maximum request body size ${limit} exceeded, actual body size ${bytes}`,
  }),
  noPrompt: (): Act => {
    const message = 'No prompt provided'
    return refusal({ type: 'no_prompt', message, details: message })
  },
  noOutputs: (): Act => refusal({ type: 'prompt_no_outputs', message: 'Prompt has no outputs' }),
  noClassType: (node: string): Act =>
    refusal({
      type: 'invalid_prompt',
      message: 'Cannot execute because a node is missing the class_type property.',
      details: `Node ID '#${node}'`,
    }),
  unknownNode: (node: string, classType: string): Act =>
    refusal({
      type: 'invalid_prompt',
      message: `Cannot execute because node ${classType} does not exist.`,
      details: `Node ID '#${node}'`,
    }),
  failedValidation: (errors: object): Act =>
    refusal(
      { type: 'prompt_outputs_failed_validation', message: 'Prompt outputs failed validation' },
      errors,
    ),
  /** A value that a node does not take. */
  invalidInput: (fault: InputFault): Act => comfyAnswers.failedValidation(nodeErrors(fault)),
  /** A model file that the server does not have. */
  missingCheckpoint: (node: string, file: string): Act =>
    comfyAnswers.invalidInput({
      node,
      input: 'ckpt_name',
      type: 'value_not_in_list',
      message: 'Value not in list',
      details: `ckpt_name: '${file}' not in []`,
      classType: 'CheckpointLoaderSimple',
      received: file,
    }),
  /** A proxy in front of it. */
  proxyRefuses: (): Act => ({ status: 401, body: 'Unauthorized' }),
}
