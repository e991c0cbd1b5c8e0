import type { Step, VerdictName } from './script.ts'

export type WireName = 'openai' | 'fal' | 'comfyui' | 'files'

/** One request as it came. */
export interface RequestRecord {
  /** Counts up from 1 in its account. */
  number: number
  wire: WireName
  step: Step
  method: string
  /** From the account's base URL of this wire on, with its query. */
  path: string
  headers: Record<string, string>
  /** Empty for multipart, whose parts are `fields` and `files`. */
  body: string
  fields: Record<string, string>
  files: FileRecord[]
  /** Milliseconds since 1970. */
  arrivedAt: number
  /** Whether the whole body came. */
  isWhole: boolean
  outcome: Outcome
  /** Numbers of the jobs that it made or is about. */
  jobs: number[]
}

/**
 * `reading`: its body is coming; `open`: read, without an answer so far; `answered`: the answer has left whole;
 * `broken`: a script broke it off; `abandoned`: the client went away first.
 */
export type Outcome = 'reading' | 'open' | 'answered' | 'broken' | 'abandoned'

/** A file in a multipart body. */
export interface FileRecord {
  field: string
  name: string
  type: string
  bytes: number
  sha256: string
}

/** What an upstream was asked to make and what came of it. */
export interface JobRecord {
  /** Counts up from 1 in its account, and is stamped into its files. */
  number: number
  wire: WireName
  /** fal's request_id, ComfyUI's prompt_id. */
  id: string
  state: 'pending' | 'ended' | 'forgotten'
  verdict: VerdictName | null
  isBilled: boolean
  /** How often it was looked at. */
  looks: number
  /** Whether the answer to its submission has left whole. */
  isAnswered: boolean
  outputs: number
}

/** What came of the submissions of a text. */
export interface Tally {
  /** Read to the end, whatever became of them. */
  received: number
  /** Jobs that exist or have existed because of them. */
  made: number
  billed: number
}

/** How an upstream of an account is set up. */
export interface AccountSettings {
  /** Asked for in every request to a wire, in the header that it uses; nothing is asked when left out. */
  key?: string
  /** Whose words the OpenAI wire uses, and whether it hands out bytes or addresses by itself; `openai`. */
  dialect?: 'openai' | 'localai' | 'vllm' | 'sdcpp'
  /** What `/models` lists; a model that is not among them is refused. Any is taken when left out. */
  models?: string[]
}

/** A file that ComfyUI has. */
export interface StoredFile {
  name: string
  subfolder: string
  type: string
  sha256: string
}
