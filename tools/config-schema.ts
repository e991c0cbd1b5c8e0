import type { Rules } from '../packages/server/dist/config/describe-value.js'

/**
 * The schema of the configuration file for editors: what has a default may be left out, and words of
 * ours become messages. VS Code shows them; editors that do not know the keyword say something of their own.
 */
export function editorSchema(schema: Rules): object {
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'filmgate.config.json',
    ...toEditor(schema),
  }
}

function toEditor({ form, required = [], ...rules }: Rules): object {
  const { properties, patternProperties, items, anyOf } = rules
  const needed = required.filter((name) => properties?.[name]?.default === undefined)
  return {
    ...rules,
    ...(needed.length > 0 && { required: needed }),
    ...(properties && { properties: eachToEditor(properties) }),
    ...(patternProperties && { patternProperties: eachToEditor(patternProperties) }),
    ...(items && { items: toEditor(items) }),
    ...(anyOf && { anyOf: anyOf.map(toEditor) }),
    ...(form !== undefined && { errorMessage: `It must be ${form}.` }),
  }
}

function eachToEditor(table: Readonly<Record<string, Rules>>): object {
  return Object.fromEntries(Object.entries(table).map(([name, rules]) => [name, toEditor(rules)]))
}
