export { claimTemporary, removeAbandoned } from './abandoned.ts'
export { bytesOfServer, copyServer } from './copy.ts'
export { EmbeddedPostgresError } from './errors.ts'
export { type Replica, startReplica } from './replica.ts'
export { serverSettings } from './settings.ts'
export {
  type EmbeddedPostgres,
  type EmbeddedPostgresOptions,
  type ServerExit,
  startEmbeddedPostgres,
} from './supervisor.ts'
