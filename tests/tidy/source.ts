import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, posix } from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'

export const root = fileURLToPath(new URL('../../', import.meta.url))

const skipped = new Set(['node_modules', 'gen', 'reports', 'coverage'])

/** Every file of the repository that somebody wrote: paths from its root, sorted. */
export const paths: readonly string[] = walk('').sort()

function walk(folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = posix.join(folder, entry.name)
    if (entry.isDirectory()) return skipped.has(entry.name) || entry.name.startsWith('.') ? [] : walk(path)
    return [path]
  })
}

export const read = (path: string): string => readFileSync(join(root, path), 'utf8')

export type Import = { from: string; specifier: string; typeOnly: boolean }
export type Literal = { text: string; tag: string | undefined; line: number }
export type Source = {
  path: string
  lines: number
  imports: Import[]
  literals: Literal[]
  /** Lines with the keyword `any`. */
  anys: number[]
  /** Names of tests, each with those of the groups around it. */
  tests: string[]
}

/** Every TypeScript and JavaScript file, read once. */
export const sources: readonly Source[] = paths.filter((path) => /\.(ts|mjs)$/.test(path)).map(parse)

const packages = new Map(
  paths
    .filter((path) => path.endsWith('/package.json'))
    .map((path) => {
      const json = JSON.parse(read(path)) as { name: string; exports?: Record<string, string> }
      return [json.name, { folder: posix.dirname(path), exports: json.exports ?? {} }]
    }),
)

function parse(path: string): Source {
  const text = read(path)
  const file = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true)
  const source: Source = { path, lines: text.split('\n').length - 1, imports: [], literals: [], anys: [], tests: [] }
  const lineOf = (node: ts.Node) => file.getLineAndCharacterOfPosition(node.getStart()).line + 1
  const visit = (node: ts.Node, groups: string): void => {
    let inside = groups
    if (ts.isImportDeclaration(node) && ts.isStringLiteral(node.moduleSpecifier))
      source.imports.push({ from: path, specifier: node.moduleSpecifier.text, typeOnly: isTypeOnly(node) })
    else if (ts.isExportDeclaration(node) && node.moduleSpecifier && ts.isStringLiteral(node.moduleSpecifier))
      source.imports.push({ from: path, specifier: node.moduleSpecifier.text, typeOnly: node.isTypeOnly })
    else if (ts.isCallExpression(node)) {
      const [first] = node.arguments
      if (node.expression.kind === ts.SyntaxKind.ImportKeyword && first && ts.isStringLiteral(first))
        source.imports.push({ from: path, specifier: first.text, typeOnly: false })
      const kind = /^(describe|test|it)\b/.exec(node.expression.getText())?.[1]
      if (kind !== undefined && first && ts.isStringLiteralLike(first)) {
        if (kind === 'describe') inside = `${groups}${first.text} > `
        else source.tests.push(groups + first.text)
      }
    } else if (ts.isTaggedTemplateExpression(node))
      source.literals.push({ text: node.template.getText().slice(1, -1), tag: node.tag.getText(), line: lineOf(node) })
    else if (ts.isTemplateExpression(node) || ts.isStringLiteralLike(node))
      source.literals.push({ text: node.getText().slice(1, -1), tag: undefined, line: lineOf(node) })
    else if (node.kind === ts.SyntaxKind.AnyKeyword) source.anys.push(lineOf(node))
    ts.forEachChild(node, (child) => visit(child, inside))
  }
  visit(file, '')
  return source
}

/** Erased before it runs: it ties no file to another. */
function isTypeOnly(node: ts.ImportDeclaration): boolean {
  const clause = node.importClause
  if (clause === undefined) return false
  if (clause.phaseModifier === ts.SyntaxKind.TypeKeyword) return true
  const names = clause.namedBindings
  return (
    clause.name === undefined &&
    names !== undefined &&
    ts.isNamedImports(names) &&
    names.elements.length > 0 &&
    names.elements.every((element) => element.isTypeOnly)
  )
}

/** The file of ours an import leads to; undefined for packages from outside. */
export function fileOf({ from, specifier }: Import): string | undefined {
  if (specifier.startsWith('.')) return posix.normalize(posix.join(dirname(from), specifier))
  const name = packageName(specifier)
  const found = packages.get(name)
  if (found === undefined) return undefined
  const within = specifier.slice(name.length)
  const target = found.exports[`.${within}`] ?? found.exports['./*']?.replace('*', within.slice(1))
  return target === undefined ? `${found.folder}/(not exported: ${specifier})` : posix.join(found.folder, target)
}

export const packageName = (specifier: string): string =>
  specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/')

/** "services/orders", "packages/http", "contracts", "apps/souk": what an import may cross the border of. */
export function partOf(path: string): string {
  const [first = '', second = ''] = path.split('/')
  return ['services', 'packages', 'apps'].includes(first) ? `${first}/${second}` : first
}
