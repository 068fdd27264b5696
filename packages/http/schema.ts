import { Format } from 'typebox/format'
import { Compile } from 'typebox/compile'
import type { TSchema } from 'typebox'
import { Value } from 'typebox/value'
import { errors } from './errors.ts'

export type Part = 'body' | 'query' | 'params'
export type Fault = { in: Part; path: string; message: string }

type Node = Readonly<Record<string, unknown>>
const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null && !Array.isArray(value)

/** Every schema inside a schema, with where it stands. */
function* nodesOf(schema: unknown, at = ''): Generator<{ node: Node; at: string }> {
  if (!isNode(schema)) return
  yield { node: schema, at }
  for (const [keyword, value] of Object.entries(schema)) {
    if (['properties', 'patternProperties', '$defs'].includes(keyword) && isNode(value))
      for (const [name, inner] of Object.entries(value)) yield* nodesOf(inner, `${at}/${name}`)
    else if (['allOf', 'anyOf', 'oneOf', 'prefixItems'].includes(keyword) && Array.isArray(value))
      for (const inner of value) yield* nodesOf(inner, at)
    else if (['items', 'additionalProperties', 'not', 'if', 'then', 'else'].includes(keyword))
      yield* nodesOf(value, `${at}/*`)
  }
}

/** What makes a schema of a request unfit: objects that take unknown fields, formats that nobody checks. */
export function faultsOfSchema(schema: TSchema): string[] {
  const faults: string[] = []
  for (const { node, at } of nodesOf(schema)) {
    const isObject = node.type === 'object' || 'properties' in node
    if (isObject && node.additionalProperties !== false && node.unevaluatedProperties !== false)
      faults.push(`the object at ${at || '/'} takes unknown fields: give it additionalProperties: false`)
    if (typeof node.format === 'string' && !Format.Has(node.format))
      faults.push(`the format ${node.format} at ${at || '/'} is not known, so it would never be checked`)
  }
  return faults
}

const hasDefaults = (schema: TSchema) => [...nodesOf(schema)].some(({ node }) => 'default' in node)

/** A check of one part of a request. Returns the value to use. @throws validation-failed with every fault. */
export type Check = (value: unknown) => unknown

export function compileCheck(part: Part, schema: TSchema): Check {
  const validator = Compile(schema)
  const defaults = hasDefaults(schema)
  const fromText = part === 'body' ? undefined : readersOf(schema)
  return (given) => {
    let value = fromText === undefined ? given : readText(fromText, given)
    if (defaults && isNode(value)) value = Value.Default(schema, value)
    if (validator.Check(value)) return value
    throw validationFailed(faultsOf(part, validator.Errors(value)))
  }
}

export function validationFailed(faults: readonly Fault[]) {
  const [first] = faults
  const others = faults.length > 1 ? ` (and ${faults.length - 1} more)` : ''
  const detail =
    first === undefined ? 'The request is not valid.' : `${first.in}${first.path}: ${first.message}${others}`
  return errors.error('validation-failed', detail, { faults: faults.slice(0, 20) })
}

type SchemaError = ReturnType<ReturnType<typeof Compile>['Errors']>[number]

function faultsOf(part: Part, found: readonly SchemaError[]): Fault[] {
  const faults = new Map<string, Fault>()
  const add = (path: string, message: string) => {
    if (!faults.has(path)) faults.set(path, { in: part, path: path.slice(0, 200), message })
  }
  for (const { keyword, instancePath, message, params } of found) {
    const names = params as { additionalProperties?: string[]; requiredProperties?: string[] }
    // Said once, by the keyword that found it.
    if (keyword === 'boolean' || keyword === 'unevaluatedProperties') continue
    if (keyword === 'additionalProperties')
      for (const name of names.additionalProperties ?? []) add(`${instancePath}/${name}`, 'is not a known field')
    else if (keyword === 'required')
      for (const name of names.requiredProperties ?? []) add(`${instancePath}/${name}`, 'is required')
    else add(instancePath, message)
  }
  return [...faults.values()]
}

type Reader = (text: string) => unknown
const readers: Readonly<Record<string, Reader>> = {
  // What is no number stays text, so that the schema says what is wrong with it.
  integer: (text) => (/^-?\d{1,16}$/.test(text) ? Number(text) : text),
  number: (text) => (/^-?\d{1,16}(\.\d{1,16})?$/.test(text) ? Number(text) : text),
  boolean: (text) => (text === 'true' ? true : text === 'false' ? false : text),
}

type Readers = { name: string; read: Reader | undefined; many: boolean }[]

/** Query and path are text: numbers and booleans are read from it, a lone value where many may stand becomes a list. */
function readersOf(schema: TSchema): Readers {
  const { properties = {} } = schema as { properties?: Record<string, Node> }
  return Object.entries(properties).flatMap(([name, node]) => {
    const many = node.type === 'array'
    const type = many ? (node.items as Node | undefined)?.type : node.type
    const read = readers[String(type)]
    return many || read !== undefined ? [{ name, read, many }] : []
  })
}

function readText(known: Readers, given: unknown): unknown {
  if (known.length === 0 || !isNode(given)) return given
  const values: Record<string, unknown> = { ...given }
  for (const { name, read, many } of known) {
    const value = values[name]
    if (value === undefined) continue
    const texts = Array.isArray(value) ? value : [value]
    const found = read === undefined ? texts : texts.map((text) => (typeof text === 'string' ? read(text) : text))
    values[name] = many || Array.isArray(value) ? found : found[0]
  }
  return values
}
