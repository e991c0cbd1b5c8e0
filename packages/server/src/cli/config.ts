import { Command } from 'commander'
import { accessSync, constants, existsSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { ConfigFile } from '../config/config-file.ts'
import { defaultConfigFile, readConfigFile } from '../config/load-config.ts'
import { keyVariables } from '../config/safety-config.ts'
import { upstreamKeyFiles, upstreamVariables } from '../config/upstreams-config.ts'
import { describeUpstreams } from './describe-upstreams.ts'
import { CommandError, print } from './output.ts'

/** Where editors find the schema, from a folder that Filmgate is installed in. */
const installedSchema = './node_modules/filmgate/filmgate.config.schema.json'

const example = {
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
      writeFileSync(path, `${JSON.stringify(toExample(path), null, 2)}\n`)
      print(self, {
        json: { file: path },
        text: `Wrote ${path}. Test it with: filmgate config check ${path}
If clients reach the gateway by a name or through a proxy, add "public_url", such as "https://images.example.com".`,
      })
    })
  command
    .command('check [file]')
    .description('test a file without starting anything')
    .action((file: string | undefined, _flags: unknown, self: Command) => {
      const path = file ?? defaultConfigFile
      const config = readConfigFile(path)
      const needs = needsOf(config, path)
      print(self, {
        json: { file: path, valid: true, ...needs, config },
        text: [
          `${path} is valid.`,
          ...describeUpstreams(config),
          ...describeNeeds(config, needs),
        ].join('\n'),
      })
    })
  return command
}

/** Without the schema where it does not lie beside the file: editors would complain of a dead link. */
function toExample(path: string): object {
  const hasSchema = existsSync(join(dirname(path), installedSchema))
  return hasSchema ? { $schema: installedSchema, ...example } : example
}

interface Needs {
  variables: { name: string; service?: string; upstream?: string; set: boolean }[]
  files: { path: string; upstream: string; readable: boolean }[]
}

/** What a start asks for besides the file. It may run elsewhere, so none of it makes the file wrong. */
function needsOf(config: ConfigFile, path: string): Needs {
  const variables = [...keyVariables(config.safety), ...upstreamVariables(config)]
  return {
    variables: variables.map((variable) => ({
      ...variable,
      set: (process.env[variable.name]?.trim() ?? '') !== '',
    })),
    files: upstreamKeyFiles(config, path).map((file) => ({
      ...file,
      readable: isReadable(file.path),
    })),
  }
}

function isReadable(path: string): boolean {
  try {
    accessSync(path, constants.R_OK)
    return statSync(path).isFile()
  } catch {
    return false
  }
}

function describeNeeds({ safety }: ConfigFile, { variables, files }: Needs): string[] {
  const needs = [
    ...variables.map(({ name, service, upstream, set }) => {
      const whose = upstream === undefined ? `safety check ${service}` : `upstream ${upstream}`
      return `  ${name}, the key of the ${whose}: ${set ? 'set here' : 'not set here'}`
    }),
    ...files.map(({ path, upstream, readable }) => {
      const state = readable ? 'readable here' : 'not readable here'
      return `  the file ${path}, the key of the upstream ${upstream}: ${state}`
    }),
  ]
  if (safety.image_classifier) {
    needs.push(
      '  the image classifier in its data folder: filmgate safety install-classifier --data DIR',
    )
  }
  return needs.length === 0 ? [] : ['The gateway starts only where it finds:', ...needs]
}
