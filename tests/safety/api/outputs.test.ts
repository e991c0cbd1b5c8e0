/** Results are looked at before anybody sees them, where the operator wants it. */
import { execFileSync } from 'node:child_process'
import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { expectError } from '../../contract/support/expect-error.ts'
import { useGateway, type ContractGateway } from '../../contract/support/use-gateway.ts'
import { postImage, postVideo, untilEnded } from '../../support/api.ts'
import { temporaryFolder } from '../../support/gateway.ts'
import { startCheckService } from '../support/check-service.ts'
import { green, magenta, solid, toDataUrl } from './support/colours.ts'
import { countJobs, listVerdicts } from './support/database-rows.ts'
import { addTenant, expectRefused } from './support/expect-refused.ts'
import { sendJson, startClassifier } from './support/judge.ts'
import { operate } from './support/operator-commands.ts'
import { setPolicy } from './support/set-policy.ts'

const hasFfmpeg = canRun('ffmpeg')
if (!hasFfmpeg)
  console.warn('SKIPPED: the output check of films, because ffmpeg is not on the PATH.')

const looker = await startClassifier()
let isDown = true
const moody = await startCheckService((response) => {
  if (isDown) response.writeHead(503).end()
  else sendJson(response, { categories: [] })
})
afterAll(() => Promise.all([looker.close(), moody.close()]))

const config = {
  safety: {
    outputs: true,
    http_classifiers: [
      { name: 'looker', url: looker.url, stages: ['output'] },
      { name: 'moody', url: moody.url, stages: ['output'] },
    ],
  },
  sandbox: { image_deadline_seconds: 4, video_deadline_seconds: 30 },
}
const gateway = useGateway({ config })
const withoutFfmpeg = useGateway({ config, env: { PATH: temporaryFolder() } })
const withBrokenFfmpeg = useGateway({ config, env: { PATH: folderWithBrokenFfmpeg() } })
afterEach(() => {
  isDown = true
})

// Reference images are painted into the result, so a magenta one makes a result that the looker flags.
const bad = { url: toDataUrl(await solid(magenta)), role: 'reference_image' }
const good = { url: toDataUrl(await solid(green)), role: 'reference_image' }

async function tenantWith(on: ContractGateway, ...checks: string[]) {
  const tenant = await addTenant(on)
  await setPolicy(on, tenant.name, { checks })
  return tenant
}

describe('an image', () => {
  it('that the check withholds is 422, free of charge, without a file, and on record', async () => {
    const tenant = await tenantWith(gateway, 'looker')
    const headers = { 'idempotency-key': 'withheld' }
    const answer = await postImage(tenant, { images: [bad] }, { headers })
    expectError(answer, 'content_policy_violation', { param: 'prompt', message: /withheld/ })
    const id = answer.headers.get('x-generation-id') ?? ''
    expect(answer.headers.get('x-billed')).toBe('false')
    expect(answer.headers.get('x-should-retry')).toBe('false')
    expect(await gateway.accountOf(tenant.name)).toEqual({ balance: 1, held: 0 })
    expect(filesOf(id)).toEqual([`${id}-input0.png`])
    expect(countJobs(gateway.dataDir, id)).toBe(1)
    const shown = await operate(gateway, 'generations', 'show', id)
    expect(shown).toMatchObject({
      status: 'failed',
      upstreamBilled: 'no',
      failure: { code: 'content_policy_violation', reason: 'output_refused' },
      attempts: [{ state: 'failed', billed: 'no' }],
      files: [],
      verdicts: [{ stage: 'output', check: 'looker', imageIndex: 0, refused: true }],
    })
    const again = await postImage(tenant, { images: [bad] }, { headers })
    expect(again.text).toBe(answer.text)
    expect(countJobs(gateway.dataDir, id)).toBe(1)
  })

  it('that passes is delivered and charged', async () => {
    const tenant = await tenantWith(gateway, 'looker')
    const answer = await postImage(tenant, { images: [good] })
    expect(answer.status).toBe(200)
    expect(answer.headers.get('x-billed')).toBe('true')
    expect(filesOf(answer.body.id)).toHaveLength(2)
  })

  it('waits for a check that comes back, and is made once', async () => {
    const tenant = await tenantWith(gateway, 'moody')
    const before = moody.asked.length
    const posted = postImage(tenant)
    await expect.poll(() => moody.asked.length).toBeGreaterThan(before)
    isDown = false
    const answer = await posted
    expect(answer.status).toBe(200)
    expect(countJobs(gateway.dataDir, answer.body.id)).toBe(1)
  })

  it('whose check stays down ends at its deadline as a retryable error, without a file', async () => {
    const tenant = await tenantWith(gateway, 'moody')
    const answer = await postImage(tenant)
    expectError(answer, 'server_error', { message: /^A safety check could not be made/ })
    expect(answer.headers.get('x-should-retry')).toBe('true')
    expect(answer.headers.get('x-billed')).toBe('false')
    expect(await gateway.accountOf(tenant.name)).toEqual({ balance: 1, held: 0 })
    expect(filesOf(answer.headers.get('x-generation-id') ?? '')).toEqual([])
  })

  it('whose check is down is delivered where the workspace leaves that open', async () => {
    const tenant = await addTenant(gateway)
    await setPolicy(gateway, tenant.name, { checks: ['moody'], onFailure: 'open' })
    expect((await postImage(tenant)).status).toBe(200)
  })
})

describe('a workspace that wants its results checked and names no check that looks at them', () => {
  it.each([
    ['image', postImage],
    ['video', postVideo],
  ] as const)('gets no %s unchecked, and the log says why', async (_kind, post) => {
    const tenant = await tenantWith(gateway, 'prompt-rules')
    const answer = await post(tenant)
    const id = await expectRefused(gateway, tenant, answer, 'server_error', {
      message: /^Results are to be checked/,
    })
    expect(answer.headers.get('x-should-retry')).toBe('false')
    expect(gateway.log.some((line) => line.includes(id) && line.includes('no check'))).toBe(true)
  })
})

const small = { aspect_ratio: '1:1' }

describe.skipIf(!hasFfmpeg)('a film', () => {
  it('that the check withholds for its last picture has failed, free of charge and without a file', async () => {
    const tenant = await tenantWith(gateway, 'looker')
    const images = [{ ...bad, role: 'last_frame' }]
    const { body } = await postVideo(tenant, { ...small, images })
    const ended = await untilEnded(tenant, body.id, 'video', tenant.key)
    expect(ended.body).toMatchObject({
      status: 'failed',
      error: { code: 'content_policy_violation', param: 'prompt' },
    })
    expect(ended.headers.get('x-billed')).toBe('false')
    expect(await gateway.accountOf(tenant.name)).toEqual({ balance: 1, held: 0 })
    expect(filesOf(body.id)).toEqual([`${body.id}-input0.png`])
    expect(listVerdicts(gateway.dataDir, body.id)).toMatchObject([
      { category: 'none', refused: 0 },
      { category: 'none', refused: 0 },
      { category: 'violence', refused: 1 },
    ])
  })

  it('that passes is delivered', async () => {
    const tenant = await tenantWith(gateway, 'looker')
    const { body } = await postVideo(tenant, { ...small, images: [good] })
    const ended = await untilEnded(tenant, body.id, 'video', tenant.key)
    expect(ended.body.status).toBe('completed')
  })
})

describe('a film on a server that cannot look at films', () => {
  it('is refused before anything is spent, and the log says what is missing', async () => {
    const tenant = await tenantWith(withoutFfmpeg, 'looker')
    const answer = await postVideo(tenant, small)
    const id = await expectRefused(withoutFfmpeg, tenant, answer, 'server_error', {
      message: /^Results are to be checked/,
    })
    expect(answer.headers.get('x-should-retry')).toBe('false')
    expect(withoutFfmpeg.log.some((line) => line.includes(id) && line.includes('ffmpeg'))).toBe(
      true,
    )
    expect(answer.text).not.toContain('ffmpeg')
  })

  it('is refused when it is only quoted, too', async () => {
    const tenant = await tenantWith(withoutFfmpeg, 'looker')
    const answer = await postVideo(tenant, { ...small, dry_run: true })
    expectError(answer, 'server_error', { message: /^Results are to be checked/ })
  })

  it('is delivered where the workspace leaves that open, and the trail says that nobody looked', async () => {
    const tenant = await addTenant(withoutFfmpeg)
    await setPolicy(withoutFfmpeg, tenant.name, { checks: ['looker'], onFailure: 'open' })
    const { body } = await postVideo(tenant, { ...small, images: [bad] })
    const ended = await untilEnded(tenant, body.id, 'video', tenant.key)
    expect(ended.body.status).toBe('completed')
    expect(listVerdicts(withoutFfmpeg.dataDir, body.id)).toMatchObject([
      { stage: 'output', check_name: 'ffmpeg', category: 'unavailable', refused: 0 },
    ])
  })

  it('is made as ever where results are not checked', async () => {
    const tenant = await addTenant(withoutFfmpeg)
    await setPolicy(withoutFfmpeg, tenant.name, { outputs: false })
    expect((await postVideo(tenant, small)).status).toBe(202)
  })

  it('does not concern images', async () => {
    const tenant = await tenantWith(withoutFfmpeg, 'looker')
    expect((await postImage(tenant)).status).toBe(200)
  })
})

describe('a film that cannot be looked at, on a server that should be able to', () => {
  it('is not delivered, is not charged, and leaves no file', async () => {
    const tenant = await tenantWith(withBrokenFfmpeg, 'looker')
    const { status, body } = await postVideo(tenant, small)
    expect(status).toBe(202)
    const ended = await untilEnded(tenant, body.id, 'video', tenant.key)
    expect(ended.body).toMatchObject({ status: 'failed', error: { code: 'server_error' } })
    expect(ended.headers.get('x-billed')).toBe('false')
    expect(await withBrokenFfmpeg.accountOf(tenant.name)).toEqual({ balance: 1, held: 0 })
    expect(filesOf(body.id, withBrokenFfmpeg)).toEqual([])
  })

  it('is delivered where the workspace leaves that open, and the trail says that nobody looked', async () => {
    const tenant = await addTenant(withBrokenFfmpeg)
    await setPolicy(withBrokenFfmpeg, tenant.name, { checks: ['looker'], onFailure: 'open' })
    const { body } = await postVideo(tenant, small)
    const ended = await untilEnded(tenant, body.id, 'video', tenant.key)
    expect(ended.body.status).toBe('completed')
    expect(listVerdicts(withBrokenFfmpeg.dataDir, body.id)).toMatchObject([
      { stage: 'output', check_name: 'ffmpeg', category: 'unavailable', refused: 0 },
    ])
  })
})

/** A program that says which version it is, and fails at everything else. */
function folderWithBrokenFfmpeg(): string {
  const folder = temporaryFolder()
  writeFileSync(join(folder, 'ffmpeg'), '#!/bin/sh\n[ "$1" = -version ]\n', { mode: 0o755 })
  return folder
}

/** Names of the files that a generation has on disk. */
function filesOf(id: string, { dataDir }: { dataDir: string } = gateway): string[] {
  const kept = join(dataDir, 'media', 'kept')
  return readdirSync(kept, { recursive: true, encoding: 'utf8' })
    .map((path) => path.split('/').at(-1) ?? '')
    .filter((name) => name.startsWith(id))
    .toSorted()
}

function canRun(program: string): boolean {
  try {
    execFileSync(program, ['-version'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}
