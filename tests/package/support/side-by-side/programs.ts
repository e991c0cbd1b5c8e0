/** Small programs beside the README's, for rows of its table that no block of it shows. */
export const filmgatePrograms = {
  'filmgate-resume': `
    import { Filmgate } from '@filmgate/client'
    const film = await new Filmgate().generations.wait(process.argv[2] ?? '', { type: 'video' })
    console.log(film.data.length)`,
  'filmgate-early-id': `
    import { Filmgate } from '@filmgate/client'
    const params = { model: 'sandbox-image', prompt: 'A red fox [[delay ms=1000]]' }
    const { id, status } = await new Filmgate().images.generations.create(params)
    console.log(id, status)`,
  'filmgate-codes': `
    import type { FilmgateErrorCode } from '@filmgate/client'
    export const isOpen: string extends FilmgateErrorCode ? true : false = false`,
}

export const peerPrograms = {
  'openai-resume': `
    import OpenAI from 'openai'
    let video = await new OpenAI().videos.retrieve(process.argv[2] ?? '')
    while (video.status !== 'completed') video = await new OpenAI().videos.retrieve(video.id)
    console.log(1)`,
  'fal-resume': `
    import { fal } from '@fal-ai/client'
    const requestId = process.argv[2] ?? ''
    const model = 'fal-ai/kling-video/v2.5-turbo/pro/text-to-video'
    await fal.queue.subscribeToStatus(model, { requestId })
    const { data } = await fal.queue.result(model, { requestId })
    console.log(data.video.url === '' ? 0 : 1)`,
  'openai-early-id': `
    import OpenAI from 'openai'
    type Answer = Awaited<ReturnType<OpenAI['images']['generate']>>
    export const hasId: 'id' extends keyof Answer ? true : false = false`,
  'fal-early-id': `
    import { fal } from '@fal-ai/client'
    await fal.subscribe('fal-ai/flux/dev', {
      input: { prompt: 'A red fox' },
      onEnqueue: (id) => console.log(id, 'pending'),
    })`,
  'openai-codes': `
    import OpenAI from 'openai'
    type Code = NonNullable<InstanceType<typeof OpenAI.APIError>['code']>
    export const isOpen: string extends Code ? true : false = true`,
  'fal-codes': `
    import type { ValidationErrorInfo } from '@fal-ai/client'
    export const isOpen: string extends ValidationErrorInfo['type'] ? true : false = true`,
}
