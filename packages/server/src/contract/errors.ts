/**
 * The error catalog: the eight codes, and nothing else, that ever leave the API.
 *
 * From this table come the HTTP status, the docs pages, the OpenAPI responses, the client's error
 * classes, the command line's exit codes and the tests' expectations. A `reason` is the finer
 * cause: it stands in logs and on the docs page, and never reaches the wire as a field.
 */

/** Who has to act before the same request can succeed. */
export type Fault = 'caller' | 'operator' | 'gateway'

interface Reason {
  /** The situation, as a sentence. */
  when: string
  /** What the reader does about it, as a sentence. */
  fix: string
}

interface CatalogEntry {
  status: 400 | 401 | 402 | 404 | 422 | 429 | 500
  fault: Fault
  /** Whether a client may send the same request again without changing anything. */
  retryable: boolean
  /** Exit code of the command line for this code. */
  exitCode: number
  title: string
  happened: string
  fix: string
  retry: string
  billed: string
  reasons: Record<string, Reason>
}

export const errorCatalog = {
  invalid_api_key: {
    status: 401,
    fault: 'caller',
    retryable: false,
    exitCode: 10,
    title: 'Invalid API key',
    happened: 'The request did not carry an API key that this server accepts.',
    fix: 'Send `Authorization: Bearer sk_…` with a key that exists, has neither been revoked nor expired, and may do what the request asks.',
    retry: 'No. The same key is refused again until you change it.',
    billed: 'No. The key is checked before anything is accepted.',
    reasons: {
      key_missing: {
        when: 'There is no Authorization header.',
        fix: 'Add the header `Authorization: Bearer YOUR_KEY`.',
      },
      key_malformed: {
        when: 'The Authorization header is there but does not hold a key of the form `sk_live_…` or `sk_test_…`.',
        fix: 'Send the word Bearer, one space and the whole key; look for cut-off characters, quotes or line breaks.',
      },
      key_unknown: {
        when: 'The key has the right form, but no such key exists on this server.',
        fix: 'Check that the key belongs to this server, or create one with `filmgate keys create`.',
      },
      key_revoked: {
        when: 'The key existed and has been revoked.',
        fix: 'Switch to a key that is still active, or create a new one.',
      },
      key_expired: {
        when: 'The key was made, or set, to end at a date that has passed.',
        fix: 'Switch to a key that is still active, or ask whoever runs the server to extend it (`filmgate keys set KEY_ID --expires 30d`).',
      },
      key_scope: {
        when: 'The key is good, but it may not do this: a key with the scope `read` alone generates nothing, and one with `generate` alone sees no lists and no bills.',
        fix: 'Use a key that has the scope which the message names, or ask whoever runs the server to change it (`filmgate keys set KEY_ID --scopes generate,read`).',
      },
    },
  },
  parameter_missing: {
    status: 400,
    fault: 'caller',
    retryable: false,
    exitCode: 11,
    title: 'Parameter missing',
    happened: 'A required parameter was not provided; `param` names it.',
    fix: 'Add the parameter named in `param` and send the request again.',
    retry: 'No. Add the parameter first.',
    billed: 'No. The body is checked before anything is accepted.',
    reasons: {
      body_missing: {
        when: 'The request has no body.',
        fix: 'Send a JSON object, with `Content-Type: application/json`.',
      },
      parameter_missing: {
        when: 'A required field of the body or the query is absent.',
        fix: 'Provide the field; the reference lists which ones each operation requires.',
      },
      required_by_model: {
        when: 'The selected model needs a parameter that is optional for others.',
        fix: 'Provide it; `GET /v2/models` tells what each model needs.',
      },
    },
  },
  invalid_parameter: {
    status: 400,
    fault: 'caller',
    retryable: false,
    exitCode: 12,
    title: 'Invalid parameter',
    happened:
      'A value in the request is not supported, here or by the selected model; `param` names it where there is one.',
    fix: 'Change the value as the message says; the allowed ones are in `GET /v2/models`.',
    retry: 'No. The same request fails in the same way.',
    billed: 'No. A request with an invalid value is never sent to a model.',
    reasons: {
      unknown_parameter: {
        when: 'The request holds a parameter that this operation does not have.',
        fix: 'Remove it or correct its spelling. Nothing you send is silently ignored.',
      },
      repeated_parameter: {
        when: 'A query parameter is given more than once.',
        fix: 'Send it once.',
      },
      wrong_type: {
        when: 'A value has the wrong JSON type or form.',
        fix: 'Send the type that the message names.',
      },
      out_of_range: {
        when: 'A number, text or list is smaller or larger than allowed.',
        fix: 'Stay within the limits that the message names.',
      },
      unsupported_value: {
        when: 'The selected model does not support this value.',
        fix: 'Use one of the values that the message lists.',
      },
      unknown_model: {
        when: 'No model of this name, or none of this kind, is served here.',
        fix: 'Pick an id from `GET /v2/models`.',
      },
      image_unusable: {
        when: 'A reference image cannot be fetched or is not a usable picture.',
        fix: 'Check that the address is public and answers with a PNG, JPEG, WebP, GIF or AVIF within the limits.',
      },
      body_not_json: {
        when: 'The body is not valid JSON in UTF-8.',
        fix: 'Serialise the body with a JSON library and send it as UTF-8.',
      },
      body_too_complex: {
        when: 'The body holds far more values, or deeper ones, than any request of this API has.',
        fix: 'Send only the parameters that the reference lists.',
      },
      body_too_large: {
        when: 'The body is larger than this server reads.',
        fix: 'Send reference images as addresses instead of inline data.',
      },
      unsupported_content_type: {
        when: 'The body has a content type other than application/json, or another charset than UTF-8.',
        fix: 'Send `Content-Type: application/json`, in UTF-8.',
      },
      unsupported_content_encoding: {
        when: 'The body is compressed or encoded, as its Content-Encoding header says.',
        fix: 'Send the body as plain JSON, without Content-Encoding.',
      },
      idempotency_key_invalid: {
        when: 'The Idempotency-Key is empty, too long, or holds characters other than printable ASCII.',
        fix: 'Use 1 to 255 printable ASCII characters, such as a UUID.',
      },
      idempotency_key_reused: {
        when: 'The Idempotency-Key was used within 24 hours for a request with another body.',
        fix: 'Use a new key for each new request; repeat a key only with exactly the same body.',
      },
      malformed_request: {
        when: 'The bytes received are not a valid HTTP request.',
        fix: 'Use an HTTP client library, or look for a proxy that damages requests.',
      },
      headers_too_large: {
        when: 'The request headers are larger than this server reads.',
        fix: 'Send fewer or shorter headers.',
      },
      request_too_slow: {
        when: 'The request did not arrive completely in time.',
        fix: 'Send it again over a connection that is not stalled.',
      },
      expectation_unsupported: {
        when: 'The Expect header asks for something other than 100-continue.',
        fix: 'Remove the Expect header.',
      },
      upstream_rejected_value: {
        when: 'The model refused a value that it was expected to support.',
        fix: 'Change the value that `param` names.',
      },
    },
  },
  quota_exceeded: {
    status: 402,
    fault: 'caller',
    retryable: false,
    exitCode: 13,
    title: 'Quota exceeded',
    happened:
      'The balance or a budget does not cover this generation, or the workspace keeps as many files as it may.',
    fix: 'Do what the message says: add credit, raise the budget or the storage quota, wait for the date it names, or choose a cheaper model, resolution or duration.',
    retry:
      'No. It succeeds only after credit was added, held money was released, a budget began anew or files were deleted.',
    billed: 'No. The request is refused before anything is spent.',
    reasons: {
      balance_insufficient: {
        when: 'The price of the generation is higher than the balance that is not held by running generations.',
        fix: 'Ask whoever runs the server to add credit (`filmgate credit add WORKSPACE USD`), or ask for something cheaper.',
      },
      key_budget_used_up: {
        when: 'The generation would go beyond what this key may spend in the current day or month (UTC). What running generations hold counts too.',
        fix: 'Wait for the next period, which the message names, use another key, or ask whoever runs the server to raise the budget (`filmgate keys set KEY_ID --budget-day USD`).',
      },
      workspace_budget_used_up: {
        when: 'The generation would go beyond what the workspace may spend in the current day or month (UTC), with all its keys.',
        fix: 'Wait for the next period, which the message names, or ask whoever runs the server to raise the budget (`filmgate workspaces set WORKSPACE --budget-month USD`).',
      },
      storage_full: {
        when: 'The workspace keeps as many bytes of files as its storage quota allows. Files made with test keys have a quota of their own.',
        fix: 'Wait until the date in the message, when the oldest file is deleted, or ask whoever runs the server to raise the quota (`filmgate workspaces set WORKSPACE --storage-gb N` or `--test-storage-gb N`).',
      },
    },
  },
  content_policy_violation: {
    status: 422,
    fault: 'caller',
    retryable: false,
    exitCode: 14,
    title: 'Content policy violation',
    happened: 'The prompt or a reference image failed a safety check; `param` names which.',
    fix: 'Revise the prompt or replace the reference image.',
    retry: 'No. A safety verdict does not change when the same content is sent again.',
    billed: 'No. The money held for the generation is released.',
    reasons: {
      prompt_refused: {
        when: 'The prompt failed a safety check.',
        fix: 'Rewrite the prompt without the content that the message names.',
      },
      image_refused: {
        when: 'A reference image failed a safety check.',
        fix: 'Replace the image that `param` names.',
      },
      output_refused: {
        when: 'The finished picture or film failed a safety check and was withheld.',
        fix: 'Rewrite the prompt to steer away from such a result.',
      },
      model_refused: {
        when: 'The model itself refused the content.',
        fix: 'Rewrite the prompt or replace the reference image.',
      },
    },
  },
  rate_limit: {
    status: 429,
    fault: 'caller',
    retryable: true,
    exitCode: 15,
    title: 'Rate limit',
    happened:
      'The workspace sent too many generation requests in a minute or has too many in flight at once, or the model takes no more at the moment.',
    fix: 'Wait as long as `Retry-After` says, then send the same request again; spread bursts, or ask for higher limits.',
    retry:
      'Yes, after the seconds in `Retry-After` (always present, 1 to 60). Keep the same Idempotency-Key.',
    billed: 'No. Nothing was made.',
    reasons: {
      image_requests_per_minute: {
        when: 'The image requests of this minute are used up, or none are allowed at all.',
        fix: 'Wait for `Retry-After`. Videos are counted separately, so a video request may still go through.',
      },
      video_requests_per_minute: {
        when: 'The video requests of this minute are used up, or none are allowed at all.',
        fix: 'Wait for `Retry-After`. Images are counted separately, so an image request may still go through.',
      },
      image_quotes_per_minute: {
        when: 'The dry runs of images of this minute are used up.',
        fix: 'Wait for `Retry-After`. Dry runs are counted apart, so the image itself may still go through.',
      },
      video_quotes_per_minute: {
        when: 'The dry runs of videos of this minute are used up.',
        fix: 'Wait for `Retry-After`. Dry runs are counted apart, so the video itself may still go through.',
      },
      requests_in_flight: {
        when: 'As many generations are running at once as the workspace may have; a pending video counts until it ends.',
        fix: 'Wait for one of them to end, or cancel one.',
      },
      model_busy: {
        when: 'Whoever makes this model takes no more at the moment, on any of its routes.',
        fix: 'Wait for `Retry-After`, then send the same request with the same Idempotency-Key, or choose another model.',
      },
      bodies_in_flight: {
        when: 'The large bodies that are being received, of this workspace or of all together, take all the memory that is set aside for them.',
        fix: 'Wait for `Retry-After`, send fewer large bodies at once, or send reference images as addresses.',
      },
    },
  },
  not_found: {
    status: 404,
    fault: 'caller',
    retryable: false,
    exitCode: 16,
    title: 'Not found',
    happened: 'The address, or the resource it names, does not exist for this key.',
    fix: 'Check the path, the method and the id, and with which key you ask: test and live keys do not see what the other made. Keep your record of the id until you know.',
    retry: 'No. It will not appear by asking again.',
    billed: 'No. Reading is always free.',
    reasons: {
      route_unknown: {
        when: 'There is nothing at this path.',
        fix: 'Compare the path with the reference at `/docs`.',
      },
      method_unknown: {
        when: 'The path exists, but not for this method.',
        fix: 'Use the method that the message names.',
      },
      generation_unknown: {
        when: 'No generation of this id and kind belongs to the workspace and mode of this key.',
        fix: 'Ask with a key of the same kind (test and live keys do not see what the other made) and workspace, and under the right path: images and videos have one each.',
      },
      file_unavailable: {
        when: 'The download link is wrong or has expired, or the file has passed its `deletes_at`.',
        fix: 'Read the generation again for a fresh link; download files before `deletes_at`.',
      },
      resource_unknown: {
        when: 'The resource that the request refers to does not exist.',
        fix: 'Check the id that you sent.',
      },
    },
  },
  server_error: {
    status: 500,
    fault: 'gateway',
    retryable: true,
    exitCode: 17,
    title: 'Server error',
    happened:
      'Something failed on this side: in the gateway, in its storage, or in the model behind it.',
    fix: 'Send the request again with back-off and the same Idempotency-Key. If it persists, report the request id and the generation id.',
    retry: 'Yes, with exponential back-off and a limit, unless `X-Should-Retry` is `false`.',
    billed:
      'No, unless `X-Billed` says `true`. Without `X-Billed`, a generation that was accepted goes on and is charged if it completes. Money held for a failed generation is released.',
    reasons: {
      internal: {
        when: 'The gateway met a fault of its own.',
        fix: 'Do as the message says: read the generation if the answer names one, else retry. Report the request id if it happens again.',
      },
      storage_unavailable: {
        when: 'The gateway cannot write to its database or disk.',
        fix: 'Retry later. Operators: look for a full disk or an unwritable data folder.',
      },
      file_damaged: {
        when: 'A finished file that should still be kept is missing from the disk, or not as long as it was.',
        fix: 'Report the ids: nothing you send brings it back. Operators: restore it from a backup; `filmgate audit` lists such files.',
      },
      shutting_down: {
        when: 'The gateway is stopping and accepts nothing new.',
        fix: 'Accepted generations go on after the restart: read them by their id. Retry only with the Idempotency-Key that the request had.',
      },
      upstream_failed: {
        when: 'The model did not produce a result, and every attempt was used.',
        fix: 'Retry; operators find the cause under `filmgate generations show ID`.',
      },
      output_unusable: {
        when: 'The model answered, but with nothing that is a valid picture or film.',
        fix: 'Retry; operators see what it answered instead under `filmgate generations show ID`.',
      },
      deadline_exceeded: {
        when: 'The generation did not end within the time that its model is given.',
        fix: 'Retry, or choose a smaller resolution or duration.',
      },
      outcome_unknown: {
        when: 'Contact with the model was lost at a moment that leaves open whether it accepted the job.',
        fix: 'Do not retry blindly: read the generation later. The server goes on asking the model for a day, and you are not charged meanwhile.',
      },
      cancelled: {
        when: 'The generation was cancelled at the request of its owner.',
        fix: 'Nothing. Submit a new generation if you want one after all.',
      },
      safety_unavailable: {
        when: 'A safety check could not be made, and this server does not let content through unchecked.',
        fix: 'Retry later; operators: look at the health of the safety check.',
      },
    },
  },
} as const satisfies Record<string, CatalogEntry>

/** One of the eight codes. */
export type ErrorCode = keyof typeof errorCatalog

/** The finer causes that a code can have on this server. */
export type ErrorReason<Code extends ErrorCode = ErrorCode> = Code extends ErrorCode
  ? keyof (typeof errorCatalog)[Code]['reasons'] & string
  : never

/** The eight codes, in the order of the catalog. */
// Object.keys loses the literal type; the catalog is closed, so the cast holds.
export const errorCodes = Object.keys(errorCatalog) as ErrorCode[]

/** The reasons of one code, for pages and listings. */
export function reasonsOf(code: ErrorCode): [string, Reason][] {
  return Object.entries(errorCatalog[code].reasons)
}

/** Path of the page that explains a code; `doc_url` is the public address plus this. */
export function errorPagePath(code: ErrorCode): string {
  return `/docs/errors/${code}`
}
