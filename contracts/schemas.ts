import { type DescField, type DescMessage, toBinary } from '@bufbuild/protobuf'
import { FieldDescriptorProtoSchema } from '@bufbuild/protobuf/wkt'
import { createHash } from 'node:crypto'
import { allEvents } from './events.ts'
import known from './schemas.json' with { type: 'json' }

/**
 * What a message looks like on the wire, as 12 hexadecimal digits: fields, numbers and types of it and of all messages
 * within. Comments and the order in the file do not count.
 */
export function fingerprintOf(message: DescMessage): string {
  const hash = createHash('sha256')
  const seen = new Set<string>()
  const visit = (each: DescMessage): void => {
    if (seen.has(each.typeName)) return
    seen.add(each.typeName)
    hash.update(`${each.typeName}\n`)
    const fields = each.fields.toSorted((a: DescField, b: DescField) => a.number - b.number)
    for (const field of fields) hash.update(toBinary(FieldDescriptorProtoSchema, field.proto))
    for (const field of fields) if (field.message) visit(field.message)
  }
  visit(message)
  return hash.digest('hex').slice(0, 12)
}

const current = new Map(
  allEvents.map(({ type, schemaVersion, message }) => [type, `${type}@${schemaVersion}:${fingerprintOf(message)}`]),
)

/** The id of the schema in which a kind of event is written here: "orders.order_placed@1:4f1d0c3a9b2e". */
export function schemaIdOf(type: string): string | undefined {
  return current.get(type)
}

/** Of all kinds of events, as they are written here. */
export const schemaIds = (): string[] => allEvents.flatMap(({ type }) => schemaIdOf(type) ?? [])

/** Every id that was ever written, oldest first: the registry, kept in schemas.json by `npm run contracts`. */
export const knownSchemas: readonly string[] = known
