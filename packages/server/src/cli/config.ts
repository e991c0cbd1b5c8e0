import { Command } from 'commander'
import { existsSync, writeFileSync } from 'node:fs'
import { defaultConfigFile, readConfigFile } from '../config/load-config.ts'
import { CommandError, print } from './output.ts'

const example = {
  public_url: 'http://127.0.0.1:4700',
  log_level: 'info',
  retention: { files_seconds: 30 * 86_400, test_files_seconds: 86_400 },
  models: [
    {
      id: 'storyboard',
      name: 'Storyboard',
      type: 'image',
      unit_prices: { '1K': 0.03, '2K': 0.06 },
      routes: [{ upstream: 'sandbox' }],
    },
  ],
}

export function configCommand(): Command {
  const command = new Command('config').description(`the configuration file (${defaultConfigFile})`)
  command
    .command('init [file]')
    .description('write an example to start from')
    .action((file: string | undefined, _flags: unknown, self: Command) => {
      const path = file ?? defaultConfigFile
      if (existsSync(path))
        throw new CommandError(
          `${path} exists already and is left as it is. Name another: filmgate config init FILE`,
        )
      writeFileSync(path, `${JSON.stringify(example, null, 2)}\n`)
      print(self, {
        json: { file: path },
        text: `Wrote ${path}. Test it with: filmgate config check ${path}`,
      })
    })
  command
    .command('check [file]')
    .description('test a file without starting anything')
    .action((file: string | undefined, _flags: unknown, self: Command) => {
      const path = file ?? defaultConfigFile
      const config = readConfigFile(path)
      print(self, { json: { file: path, valid: true, config }, text: `${path} is valid.` })
    })
  return command
}
