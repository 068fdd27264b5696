export {
  authorityName,
  certificateFile,
  type Credentials,
  type Identities,
  keyFile,
  openIdentities,
  serverNameOf,
  serviceOfCertificate,
  uriOf,
} from './identity.ts'
export { createRemote, isSafeToRepeat, type Remote, type RemoteOptions } from './remote.ts'
export { type RpcLimits, type RpcServer, type RpcServerOptions, type Served, startRpcServer } from './server.ts'
