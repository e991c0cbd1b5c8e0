/** What to do about it, for the page. */
export const advice = {
  nothing: 'Nothing.',
  address: 'Look whether the server runs, and whether `baseURL` is its address.',
  join: 'Try again later, with `idempotencyKey: error.idempotencyKey`.',
  joinAfterAddress:
    'Look what answers at `baseURL`. Then try again with `idempotencyKey: error.idempotencyKey`.',
  joinIfWanted:
    'If you want it all the same, call again with `idempotencyKey: error.idempotencyKey`.',
  againIfWanted: 'It was refused. Call again to learn why.',
  key: 'Check the API key. Tell yourself, not your users.',
  credit: 'Add credit, or ask for something cheaper.',
  model: 'Check the address, and the ids in the parameters.',
  prompt: 'Change the prompt or the picture that `error.param` names.',
  limit: 'Try again after `error.retryAfterMs`, and send less at once.',
  later: 'Try again later.',
  report: 'Do not repeat it unchanged. Show `error.requestId` to whoever runs the server.',
  wait: '`generations.wait(error.generationId)`, when it is convenient.',
  waitAfterKey: 'Check the API key, then `generations.wait(error.generationId)`.',
  waitAfterAddress: 'Look what answers at `baseURL`, then `generations.wait(error.generationId)`.',
  waitOrAsk:
    'Keep the id. Ask whoever runs the server, and `generations.wait(error.generationId)` later.',
  failed: '`error.generation` tells what the server knows. Submit another one.',
  id: 'Check the id, and with which key it was made.',
  link: 'Read the generation again: its link is new, or the file is gone.',
  linkAddress: 'Look what answers at the address of the link.',
  download: 'Download it again, while its link is good.',
  downloadIfWanted: 'Download it again if you want it all the same.',
  disk: 'Make room, then download it again.',
  path: 'Give another path, or make the folder.',
  stream: 'Mend the stream, then download it again into a new one.',
  newStream: 'Download it again into a new stream.',
} as const
