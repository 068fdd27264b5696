export * from './events.ts'
export { knownSchemas, schemaIdOf } from './schemas.ts'
