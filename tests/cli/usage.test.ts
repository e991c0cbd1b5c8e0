import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { errorCatalog, errorCodes } from '../../packages/server/src/contract/errors.ts'
import { runCli, temporaryFolder } from '../support/gateway.ts'
import { refusal } from './support/filmgate.ts'

describe('help', () => {
  test('says what there is, with examples that can be typed', async () => {
    const { code, stdout } = await runCli(['--help'])
    expect(code).toBe(0)
    expect(stdout).toMatch(/Examples:\n {2}filmgate serve /)
    const commands = ['serve', 'keys', 'workspaces', 'credit', 'generations', 'audit', 'explain']
    for (const command of [...commands, 'config']) expect(stdout).toMatch(`\n  ${command}`)
  })

  test.each([
    [['serve'], 'filmgate serve --port 0'],
    [['keys', 'create'], 'filmgate keys create --test'],
    [['workspaces', 'set'], 'filmgate workspaces set default'],
    [['credit', 'add'], 'filmgate credit add default 25'],
    [['explain'], 'filmgate explain rate_limit'],
  ])('of %j has an example', async (command, example) => {
    const { code, stdout } = await runCli([...command, '--help'])
    expect(code).toBe(0)
    expect(stdout).toContain(example)
  })

  test('the version is that of the package', async () => {
    const { code, stdout } = await runCli(['--version'])
    expect(code).toBe(0)
    const file = new URL('../../packages/server/package.json', import.meta.url)
    expect(stdout.trim()).toBe(JSON.parse(readFileSync(file, 'utf8')).version)
  })
})

describe('wrong usage', () => {
  test.each([
    [['serv'], /unknown command 'serv'/],
    [['keys', 'destroy'], /unknown command 'destroy'/],
    [['keys', 'create', '--colour', 'red'], /unknown option '--colour'/],
    [['keys', 'create', 'extra'], /too many arguments/],
    [['keys', 'create', '--name', 'shop\u001b[2K'], /1 to 100 characters on one line/],
    [['keys', 'create', '--name', 'x'.repeat(101)], /1 to 100 characters on one line/],
    [['keys', 'revoke'], /missing required argument 'id'/],
    [['credit', 'add', 'default'], /missing required argument 'usd'/],
    [['workspaces', 'set', 'default', '--image-rpm', '1.5'], /whole number from 0/],
    [['workspaces', 'set', 'default', '--concurrency', '-1'], /whole number from 0/],
    [['generations', 'list', '--limit', '0'], /whole number from 1 to 1000/],
    [['generations', 'list', '--status', 'done'], /Allowed choices are .*completed/],
    [['generations', 'list', '--type', 'audio'], /Allowed choices are image, video/],
    [['explain', 'teapot'], /Allowed choices are .*rate_limit/],
  ])('%j exits with 2 and says what is wrong', async (args, sentence) => {
    const { code, stdout, stderr } = await runCli(args)
    expect(stderr).toMatch(sentence)
    expect(stderr).not.toMatch(/\n {4}at /)
    expect(stdout).toBe('')
    expect(code).toBe(2)
  })

  test('a group without a command shows what there is, and exits with 2', async () => {
    const { code, stderr } = await runCli(['keys'])
    expect(stderr).toMatch(/create .*\n.*list .*\n.*set .*\n.*revoke /)
    expect(code).toBe(2)
  })
})

describe('a folder without a database', () => {
  test.each([
    ['keys', 'list'],
    ['keys', 'revoke', 'key_a'],
    ['workspaces', 'list'],
    ['workspaces', 'set', 'default'],
    ['credit', 'add', 'default', '5'],
    ['generations', 'list'],
    ['generations', 'show', 'gen_a'],
    ['audit'],
  ])('%s %s is refused, and none is made', async (...command) => {
    const folder = join(temporaryFolder(), 'absent')
    const sentence = await refusal(
      ...command.filter((word) => word !== undefined),
      '--data',
      folder,
    )
    expect(sentence).toMatch(/There is no Filmgate database in .*absent.*--data/)
    expect(existsSync(folder)).toBe(false)
  })

  test('with --json the refusal is JSON, wherever the flag stands', async () => {
    const folder = join(temporaryFolder(), 'absent')
    for (const args of [
      ['--json', 'audit', '--data', folder],
      ['audit', '--json', '--data', folder],
      ['audit', '--data', folder, '--json'],
    ]) {
      const { code, stderr } = await runCli(args)
      expect(JSON.parse(stderr).error.message).toContain('There is no Filmgate database')
      expect(code).toBe(1)
    }
  })
})

describe('explain', () => {
  test.each(errorCodes)('%s says what happened, what to do and whether to retry', async (code) => {
    const { stdout, code: exitCode } = await runCli(['explain', code])
    expect(exitCode).toBe(0)
    const plain = (words: string) => words.replaceAll('`', '')
    const { title, happened, fix, retry, billed, status } = errorCatalog[code]
    expect(stdout).toContain(`${title} (${code}, HTTP ${status}`)
    for (const words of [happened, fix, retry, billed]) expect(stdout).toContain(plain(words))
  })

  test('without a code all eight are listed', async () => {
    const { stdout } = await runCli(['explain'])
    expect(stdout.trim().split('\n')).toHaveLength(8)
    const { stdout: asJson } = await runCli(['explain', '--json'])
    expect(Object.keys(JSON.parse(asJson))).toEqual([...errorCodes])
  })

  test('as JSON it is the row of the catalog', async () => {
    const { stdout } = await runCli(['explain', 'not_found', '--json'])
    expect(JSON.parse(stdout)).toMatchObject({ code: 'not_found', status: 404 })
  })
})
