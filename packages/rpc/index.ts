export { type Client, type ConnectRouter, createDirectory, type Directory, type RpcHandlers } from './directory.ts'
