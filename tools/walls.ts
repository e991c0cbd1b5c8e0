import { posix } from 'node:path'
import ts from 'typescript'
import { rooms as ownRooms, type Room } from './wall-table.ts'

/** Sources by their path from `packages/server/src`. */
export type Sources = ReadonlyMap<string, string>

/** Each import through a wall, and each room or file that the table does not know, as a sentence. */
export function wallBreaches(
  sources: Sources,
  rooms: Readonly<Record<string, Room>> = ownRooms,
): string[] {
  const breaches: string[] = []
  const inhabited = new Set<string>()
  for (const [path, text] of sources) {
    const from = roomOf(path, rooms)
    if (from === undefined) {
      breaches.push(`${path} is in no room of tools/wall-table.ts`)
      continue
    }
    inhabited.add(from)
    if (path.endsWith('.test.ts')) continue
    for (const imported of importsOf(path, text)) {
      const why = refusal(from, imported, rooms)
      if (why !== undefined) breaches.push(`${path}:${imported.line} ${why}`)
    }
  }
  for (const [name, { isPlanned = false }] of Object.entries(rooms)) {
    if (isPlanned === inhabited.has(name))
      breaches.push(`${name} ${isPlanned ? 'has files, and is no longer planned' : 'has no files'}`)
  }
  return breaches
}

/** The rows of ARCHITECTURE.md, in the order of the table. */
export function wallRows(rooms: Readonly<Record<string, Room>> = ownRooms): string {
  const planned = new Set(Object.keys(rooms).filter((name) => rooms[name]?.isPlanned === true))
  const rows = Object.entries(rooms).flatMap(([name, { what, mayImport, isPlanned }]) => {
    if (isPlanned === true) return []
    const allowed = mayImport.filter((each) => !planned.has(each)).map(shownName)
    return [`| \`${withSlash(name)}\` | ${what} | ${allowed.join(', ') || 'nothing of ours'} |`]
  })
  return ['| folder | what it is | may import |', '|---|---|---|', ...rows].join('\n')
}

function withSlash(name: string): string {
  return name.endsWith('.ts') ? name : `${name}/`
}

function shownName(allowed: string): string {
  return allowed.endsWith('.ts') ? `\`${allowed}\`` : allowed
}

interface Imported {
  path: string
  line: number
  isTypeOnly: boolean
}

function refusal(
  from: string,
  { path, isTypeOnly }: Imported,
  rooms: Readonly<Record<string, Room>>,
): string | undefined {
  const to = roomOf(path, rooms)
  if (to === from) return undefined
  const allowed = rooms[from]?.mayImport ?? []
  const names = [to, path]
  if (allowed.some((each) => names.includes(each))) return undefined
  if (!allowed.some((each) => names.includes(each.replace(/^types of /, ''))))
    return `imports ${path}, which ${from} may not`
  return isTypeOnly ? undefined : `imports ${path}, of which ${from} may import types only`
}

/** The innermost room that a file is in. */
function roomOf(path: string, rooms: Readonly<Record<string, Room>>): string | undefined {
  for (let name = path; name !== '.'; name = posix.dirname(name)) {
    if (Object.hasOwn(rooms, name)) return name
    // A folder beside other rooms is one of its own, and needs a row.
    const parent = posix.dirname(name)
    if (name !== path && Object.keys(rooms).some((each) => posix.dirname(each) === parent)) return
  }
  return undefined
}

/** What a file brings in of its own package: imports, re-exports, `import()` and types by `import()`. */
function importsOf(path: string, text: string): Imported[] {
  const file = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true)
  const found: Imported[] = []
  const visit = (node: ts.Node): void => {
    const specifier = specifierOf(node)
    if (specifier?.text.startsWith('.') === true) {
      const target = posix.join(posix.dirname(path), specifier.text)
      const line = file.getLineAndCharacterOfPosition(specifier.getStart(file)).line + 1
      // package.json and its like lie outside of src.
      if (!target.startsWith('..'))
        found.push({ path: target, line, isTypeOnly: isTypeImport(node) })
    }
    ts.forEachChild(node, visit)
  }
  visit(file)
  return found
}

function specifierOf(node: ts.Node): ts.StringLiteralLike | undefined {
  if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) {
    const { moduleSpecifier } = node
    return moduleSpecifier && ts.isStringLiteralLike(moduleSpecifier) ? moduleSpecifier : undefined
  }
  if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) {
    const { literal } = node.argument
    return ts.isStringLiteralLike(literal) ? literal : undefined
  }
  if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
    const [first] = node.arguments
    return first && ts.isStringLiteralLike(first) ? first : undefined
  }
  return undefined
}

function isTypeImport(node: ts.Node): boolean {
  if (ts.isImportTypeNode(node)) return true
  if (ts.isExportDeclaration(node)) return node.isTypeOnly
  if (!ts.isImportDeclaration(node)) return false
  const clause = node.importClause
  if (clause === undefined) return false
  const { namedBindings } = clause
  const isEachType =
    clause.name === undefined &&
    namedBindings !== undefined &&
    ts.isNamedImports(namedBindings) &&
    namedBindings.elements.every(({ isTypeOnly }) => isTypeOnly)
  return clause.isTypeOnly || isEachType
}
