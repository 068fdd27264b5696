export type Schema = {
  type?: string
  format?: string
  pattern?: string
  minimum?: number
  maximum?: number
  minLength?: number
  maxLength?: number
  maxItems?: number
  enum?: unknown[]
  const?: unknown
  properties?: Record<string, Schema>
  patternProperties?: Record<string, Schema>
  required?: string[]
  items?: Schema
  anyOf?: Schema[]
}
export type Parameter = { name: string; in: 'path' | 'query' | 'header'; required?: boolean; schema: Schema }
export type Operation = {
  operationId: string
  method: string
  /** "/v1/shops/{shopId}" */
  path: string
  /** 'public', 'signed-in', or the name of a permission or duty. */
  permission: string
  parameters: Parameter[]
  body: Schema | undefined
  /** Statuses it says it may answer with. */
  statuses: Set<number>
  /** Codes of problems it says it may answer with. */
  codes: Set<string>
}

type Answer = {
  content?: Record<string, { schema?: { allOf?: { properties?: { code?: { enum?: string[] } } }[] } }>
}
type Raw = {
  operationId: string
  'x-permission': string
  parameters?: Parameter[]
  requestBody?: { content: Record<string, { schema: Schema }> }
  responses: Record<string, Answer>
}

/** Every operation of an OpenAPI document, by its name. */
export function readDocument(document: unknown): Map<string, Operation> {
  const { paths } = document as { paths: Record<string, Record<string, Raw>> }
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, raw]): Operation => {
      const answers = Object.values(raw.responses)
      return {
        operationId: raw.operationId,
        method: method.toUpperCase(),
        path,
        permission: raw['x-permission'],
        parameters: raw.parameters ?? [],
        body: raw.requestBody?.content['application/json']?.schema,
        statuses: new Set(Object.keys(raw.responses).map(Number)),
        codes: new Set(answers.flatMap(codesOf)),
      }
    }),
  )
  return new Map(operations.map((operation) => [operation.operationId, operation]))
}

const codesOf = ({ content }: Answer): string[] =>
  content?.['application/problem+json']?.schema?.allOf?.flatMap(({ properties }) => properties?.code?.enum ?? []) ?? []

/** A value inside a request: where it stands, what the schema says about it, and what the sample has there. */
export type Spot = { at: (string | number)[]; schema: Schema; value: unknown }

/**
 * Every value of a sample that its schema speaks of, containers included, with the branch of a union that fits. Fields of
 * maps (`metadata`) are spots too, their names free.
 */
export function* spotsOf(schema: Schema, value: unknown, at: (string | number)[] = []): Generator<Spot> {
  if (schema.anyOf !== undefined) {
    const branch = schema.anyOf.find((each) => fits(each, value))
    if (branch !== undefined) yield* spotsOf(branch, value, at)
    return
  }
  yield { at, schema, value }
  if (Array.isArray(value) && schema.items !== undefined)
    for (const [index, item] of value.entries()) yield* spotsOf(schema.items, item, [...at, index])
  else if (isObject(value)) {
    const [ofAny] = Object.values(schema.patternProperties ?? {})
    for (const [name, inner] of Object.entries(value)) {
      const of = schema.properties?.[name] ?? ofAny
      if (of !== undefined) yield* spotsOf(of, inner, [...at, name])
    }
  }
}

function fits(schema: Schema, value: unknown): boolean {
  if ('const' in schema) return schema.const === value
  if (schema.type === 'object' && isObject(value))
    return Object.entries(schema.properties ?? {}).every(
      ([name, inner]) => !('const' in inner) || inner.const === value[name],
    )
  if (schema.type === 'null') return value === null
  if (schema.type === 'integer' || schema.type === 'number') return typeof value === 'number'
  if (schema.type === 'array') return Array.isArray(value)
  return schema.type === typeof value
}

export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** A copy of a sample with something else at one place. */
export function withValueAt(sample: unknown, at: readonly (string | number)[], value: unknown): unknown {
  const [first, ...rest] = at
  if (first === undefined) return value
  if (Array.isArray(sample))
    return sample.map((item: unknown, index) => (index === first ? withValueAt(item, rest, value) : item))
  return { ...(sample as object), [first]: withValueAt((sample as Record<string, unknown>)[first], rest, value) }
}
