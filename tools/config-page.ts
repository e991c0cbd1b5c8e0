import type * as describeModule from '../packages/server/dist/config/describe-value.js'

type Rules = describeModule.Rules

/** What docs/configuration.md is made of. Each part is what the server itself uses. */
export interface ConfigSources {
  schema: Rules
  describeValue: typeof describeModule.describeValue
  variables: Readonly<Record<string, string>>
  /** Those of `filmgate serve`, as commander has them. */
  flags: readonly { flags: string; description: string; defaultValue?: unknown }[]
}

/** The page: a table for each group of settings, then the variables and the flags. */
export function configPage({ schema, describeValue, variables, flags }: ConfigSources): string {
  const sections = groupsOf('', schema).map((group) => toSection(group, describeValue))
  const variableRows = Object.entries(variables).map(([name, text]) =>
    toRow([`\`${name}\``, toSentence(text)]),
  )
  const flagRows = flags.map(({ flags: flag, defaultValue, description }) =>
    toRow([`\`${flag}\``, toCode(defaultValue), toSentence(description)]),
  )
  return `<!-- Generated from packages/server/src/config by tools/generate.ts. Do not edit. -->

# Configuration

What is set comes from, in this order: a [flag](#flags-of-filmgate-serve), an
[environment variable](#environment-variables), the configuration file, the default. All of it is read at the
start, so a change takes a restart.

The file is \`filmgate.config.json\` in the working directory, or the one that \`--config\` names. It is JSON
without comments. Everything may be left out, and the defaults below then hold. The gateway does not start on
a setting that does not exist or on a value that is out of range; one sentence says where it is and what is right.

\`\`\`sh
filmgate config init     # writes an example
filmgate config check    # tests the file without starting anything
\`\`\`

Editors help while you write if \`$schema\` names the schema, which comes with the package. In a folder that
Filmgate is installed in, and in its source folder, that is
\`"$schema": "./node_modules/filmgate/filmgate.config.schema.json"\`, which \`config init\` writes there by itself.
Elsewhere it is the path to a copy of [that file](../packages/server/filmgate.config.schema.json).

${sections.join('\n')}
## Environment variables

| variable | what it is |
|---|---|
${variableRows.join('\n')}

Keys of services are in variables whose names you choose (\`api_key\`).

## Flags of \`filmgate serve\`

| flag | default | what it is |
|---|---|---|
${flagRows.join('\n')}
`
}

interface Group {
  path: string
  rules: Rules
  description: string
}

/** A group, then those inside it. */
function groupsOf(path: string, rules: Rules, description = rules.description ?? ''): Group[] {
  const inner = Object.entries(rules.properties ?? {}).flatMap(([name, each]) => {
    const innerPath = path === '' ? name : `${path}.${name}`
    if (each.items?.properties) {
      return groupsOf(`${innerPath}[]`, each.items, each.description)
    }
    const named = namedRules(each)
    if (named !== undefined) return groupsOf(`${innerPath}.NAME`, named, each.description)
    return isGroup(each) ? groupsOf(innerPath, each) : []
  })
  return [{ path, rules, description }, ...inner]
}

/** What each entry has of an object whose names the reader chooses. */
function namedRules({ patternProperties = {} }: Rules): Rules | undefined {
  return Object.values(patternProperties).find(({ properties }) => properties !== undefined)
}

/** Whether it has a table of its own; what can be said in words needs none. */
function isGroup({ properties, form }: Rules): boolean {
  return properties !== undefined && form === undefined
}

function toSection(
  { path, rules, description }: Group,
  describe: ConfigSources['describeValue'],
): string {
  const rows = Object.entries(rules.properties ?? {}).map(([name, each]) => {
    const isNamed = namedRules(each) !== undefined
    const isTable = isNamed || isGroup(each) || each.items?.properties !== undefined
    const value = describe(each, name)
    const isNeeded = each.default === undefined && rules.required?.includes(name)
    return toRow([
      `\`${name}\``,
      isTable ? `[${value}](#${toAnchor(`${path}${name}${isNamed ? 'name' : ''}`)})` : value,
      isNeeded ? 'required' : isGroup(each) ? '' : toDefault(each.default, name),
      each.description ?? '',
    ])
  })
  const heading = path === '' ? 'Settings of the file' : `\`${path}\``
  const intro = description === '' ? '' : `${toLinks(description)}\n\n`
  return `## ${heading}\n\n${intro}| setting | what it must be | default | what it is |\n|---|---|---|---|\n${rows.join('\n')}\n`
}

/** As GitHub makes anchors of headings. */
function toAnchor(heading: string): string {
  return heading.toLowerCase().replaceAll(/[^a-z0-9_-]/g, '')
}

function toDefault(value: unknown, name: string): string {
  if (typeof value !== 'number') return toCode(value)
  return `${toCode(value)}${toWords(value, name)}`
}

const day = 86_400
const mebibyte = 1024 ** 2

function toWords(value: number, name: string): string {
  if (name.endsWith('_seconds') && value % day === 0) {
    return value === day ? ' (one day)' : ` (${value / day} days)`
  }
  return name.endsWith('_bytes') && value % mebibyte === 0 ? ` (${value / mebibyte} MiB)` : ''
}

function toCode(value: unknown): string {
  if (value === undefined) return ''
  return `\`${typeof value === 'string' ? value : JSON.stringify(value)}\``
}

function toSentence(text: string): string {
  const [first = '', ...rest] = text.replaceAll('\n', ' ')
  return `${first.toUpperCase()}${rest.join('')}.`
}

function toRow(cells: readonly string[]): string {
  return `| ${cells.map((cell) => toLinks(cell).replaceAll('|', '\\|')).join(' | ')} |`
}

/** Pages beside this one, which the schema names as seen from the repository. */
function toLinks(text: string): string {
  return text.replaceAll(/docs\/(\w+\.md)/g, '[$1]($1)')
}
