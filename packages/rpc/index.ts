// Without the network: a process that runs all services needs none of it (see network.ts).
export {
  type Client,
  type ConnectRouter,
  createDirectory,
  type Directory,
  type RpcHandlers,
  type Ways,
} from './directory.ts'
export { ServiceSilent, ServiceUnavailable } from './failures.ts'
