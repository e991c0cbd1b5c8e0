/** The image classifier is not part of Filmgate: without it nothing passes unchecked, and the way to it is told. */
import { cpSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { addTenant, expectRefused } from './support/expect-refused.ts'
import { listVerdicts } from './support/database-rows.ts'
import { gradient } from '../support/made-pictures.ts'
import { operate } from './support/operator-commands.ts'
import { setPolicy } from './support/set-policy.ts'
import { toDataUrl } from './support/colours.ts'
import { useGateway } from '../../contract/support/use-gateway.ts'
import { postImage } from '../../support/api.ts'
import { dataWithClassifier } from '../../support/classifier.ts'
import { runCli, startGateway, temporaryFolder } from '../../support/gateway.ts'

let installed: string
beforeAll(async () => {
  installed = await dataWithClassifier()
})

/** Puts the installed classifier into a data folder. */
const bringTo = (data: string) =>
  cpSync(join(installed, 'classifier'), join(data, 'classifier'), { recursive: true })

const images = [{ url: toDataUrl(await gradient(64, 64).png().toBuffer()) }]
const config = { safety: { image_classifier: true } }

describe('with the setting on', () => {
  it('a gateway without the classifier does not start, and names the command', async () => {
    const dataDir = join(temporaryFolder(), 'new')
    await expect(startGateway({ dataDir, config })).rejects.toThrow(
      `filmgate: The setting safety.image_classifier is on, but the image classifier is not installed in ${dataDir}/classifier; \`filmgate safety install-classifier --data ${dataDir}\` installs it.`,
    )
  })

  it('a gateway with a damaged one does not start either, and says which file', async () => {
    const dataDir = temporaryFolder()
    bringTo(dataDir)
    rmSync(join(dataDir, 'classifier/node_modules/nsfwjs/LICENSE'))
    await expect(startGateway({ dataDir, config })).rejects.toThrow(
      /the image classifier is damaged: \S+nsfwjs\/LICENSE is missing; `filmgate safety install-classifier --data \S+` repairs it\./,
    )
  })

  it('a gateway that has it judges reference images with it', async () => {
    const dataDir = temporaryFolder()
    bringTo(dataDir)
    const gateway = await startGateway({ dataDir, config })
    const answer = await postImage(gateway, { images })
    expect(answer.status).toBe(200)
    expect(listVerdicts(dataDir, answer.body.id)).toContainEqual(
      expect.objectContaining({ stage: 'image', check_name: 'image-classifier', refused: 0 }),
    )
    await gateway.stop()
  })
})

describe('with a workspace that names it', () => {
  const gateway = useGateway()

  it('its pictures are refused and the log names the command, until it is installed', async () => {
    const tenant = await addTenant(gateway)
    await setPolicy(gateway, tenant.name, { checks: ['image-classifier'] })
    const refused = await postImage(tenant, { images })
    await expectRefused(gateway, tenant, refused, 'server_error', {
      message: /^A safety check could not be made/,
    })
    const note = `image-classifier: the image classifier is not installed in ${gateway.dataDir}/classifier; \`filmgate safety install-classifier --data ${gateway.dataDir}\` installs it`
    expect(gateway.log.some((line) => line.includes(JSON.stringify(note).slice(1, -1)))).toBe(true)
    // What has no picture is not held up.
    expect((await postImage(tenant)).status).toBe(200)

    bringTo(gateway.dataDir)
    expect((await postImage(tenant, { images })).status).toBe(200)
  })

  it('the command that would name it changes nothing while it is absent', async () => {
    rmSync(join(gateway.dataDir, 'classifier'), { recursive: true, force: true })
    await operate(gateway, 'workspaces', 'create', 'careful')
    const set = ['safety', 'set', 'careful', '--data', gateway.dataDir]
    const naming = [...set, '--checks', 'prompt-rules, image-classifier']
    const { code, stderr } = await runCli(naming)
    expect(stderr).toMatch(
      /^filmgate: Nothing was changed, because the image classifier is not installed in \S+; `filmgate safety install-classifier --data \S+` installs it\.\n$/,
    )
    expect(code).toBe(1)
    expect(await operate(gateway, 'safety', 'show', 'careful')).toEqual({})

    bringTo(gateway.dataDir)
    expect((await runCli(naming)).code).toBe(0)
    expect(await operate(gateway, 'safety', 'show', 'careful')).toMatchObject({
      checks: ['prompt-rules', 'image-classifier'],
    })
  })
})
