/**
 * What tells the scripted upstream how to treat the requests of one prompt. Nothing here is code, so that a
 * script can be sent to the process that plays the upstreams.
 *
 * A script belongs to a text, which is looked for in the raw body of each submission (for a request without a
 * body of its own, in its path). Of several that match, the one set last wins, for each field apart; a script
 * for the empty text is for everything. Whatever no script says goes well, and at once.
 */
export interface Script {
  /** One for each submission of this text; the last one repeats, here and below. */
  submit?: Acts
  /** One for each look at a job: a GET of fal's status; of ComfyUI's /queue, or of /history without it. */
  status?: Acts
  /** fal's response_url; ComfyUI's /history/{id} right after a look at /queue. */
  result?: Acts
  /** ComfyUI's /upload/image. Its body has no prompt: script it for the empty text or a file name. */
  upload?: Acts
  /** A generated file: /files of ours, ComfyUI's /view. */
  download?: Acts
  cancel?: Acts
  /**
   * A look at a ComfyUI job whose submission was not answered in full, or at an id that is not known. Where this
   * is missing, `status` holds.
   */
  lookup?: Acts
  /** Anything else: lists of models, health, the upgrade to a WebSocket. */
  other?: Acts
  job?: JobScript
}

/** One act, or one for each time. */
export type Acts = Act | Act[]

/** What a request is about. */
export type Step = Exclude<keyof Script, 'job'>

/** How one request is answered. Without `status` and `body` it is the wire's own good answer. */
export interface Act {
  /** Held until the test opens this gate. What the request asked for has been done by then. */
  wait?: string
  delayMs?: number
  /** 200 if there is only a body. */
  status?: number
  headers?: Record<string, string>
  /** An object is sent as JSON. */
  body?: string | object
  /** Breaks the connection: as soon as the text was seen, after the whole request, or in the middle of the answer. */
  reset?: 'before-reading' | 'after-reading' | 'in-body'
  /** Half of the body, closed as if that were its end. */
  half?: boolean
  /** Never goes on, and keeps the connection open. */
  stall?: 'before-headers' | 'in-body'
  /** A body without an end. */
  endless?: boolean
  slowBytesPerSecond?: number
  /** Whether this submission makes a job. It does, unless `status` refuses it or it was not read whole. */
  takesJob?: boolean
}

/** What becomes of a job once it was taken. */
export interface JobScript {
  /**
   * Looks that find it unfinished; a job is not finished by time. OpenAI's answer is the only look at a job: hold
   * that with a gate.
   */
  pendingPolls?: number | 'forever'
  /** Unfinished until the test opens this gate. */
  gate?: string
  /** Looks that do not find it although it exists. */
  hiddenPolls?: number
  /** After so many looks it is forgotten. */
  forgetAfterPolls?: number
  /** fal says IN_QUEUE from this position down to 1, one for each look, before IN_PROGRESS. */
  queuePosition?: number
  /** Shares from 0 to 1: log lines of fal, frames of ComfyUI's WebSocket. */
  progress?: number[]
  verdict?: VerdictName | Verdict
  /** Whether it costs money; where left out, the verdict says. */
  bills?: boolean
  /** As many as were asked for, of the kind that was asked for, when left out. */
  outputs?: Output[]
  /** A cancellation is answered as ever, but the job goes on. */
  ignoresCancel?: boolean
  /** ComfyUI's answer to the submission is 200 and has these; what is valid of the graph runs. */
  nodeErrors?: object
  /** fal's status of a failed job says COMPLETED without `error`; only the result tells. */
  hidesFailure?: boolean
}

/**
 * How a job ends. Each wire says it in its own words, and says `failed` for what it has no words for:
 * - `moderated`: refused for its content; `moderated-as-empty`: the same in the disguise of an empty result;
 *   `nsfw-flag`: a black picture with a flag (fal).
 * - `failed`, `failed-billed`: an error of theirs; `out-of-memory` (ComfyUI), `timed-out`, `runner-lost` (fal).
 * - `failed-with-outputs`: an error beside a file (ComfyUI). `interrupted`: stopped by somebody.
 * - `invalid-field`: a value that the model does not take. `empty`: success without a file.
 */
export type VerdictName =
  | 'ok'
  | 'moderated'
  | 'moderated-as-empty'
  | 'nsfw-flag'
  | 'failed'
  | 'failed-billed'
  | 'failed-with-outputs'
  | 'out-of-memory'
  | 'timed-out'
  | 'runner-lost'
  | 'interrupted'
  | 'invalid-field'
  | 'empty'

/** A verdict with words of its own. */
export interface Verdict {
  name: VerdictName
  /** The upstream's name of the field at fault; `prompt` when left out. */
  field?: string
  /** The upstream's type or code of the error. */
  type?: string
  message?: string
  /** fal's X-Fal-Retryable. */
  retryable?: boolean
}

/** One file of a job. */
export interface Output {
  kind?: 'image' | 'film'
  /** Of a picture; what was asked for, when left out. Films are 256x144 and last a second. */
  width?: number
  height?: number
  format?: ImageFormat
  /** Of a film. */
  sound?: boolean
  /** What is wrong with it, in whatever way it is delivered. */
  fault?: OutputFault
}

export type ImageFormat = 'png' | 'jpeg' | 'webp'

/**
 * `html`: a page instead of the file; `truncated`: its first half, as if that were all; `missing`, `gone` and
 * `forbidden`: 404, 410 and 403; `endless`, `slow`, `cut`: while it is downloaded.
 */
export type OutputFault =
  | 'html'
  | 'truncated'
  | 'missing'
  | 'gone'
  | 'forbidden'
  | 'endless'
  | 'slow'
  | 'cut'
