export type { Charge } from './test-provider/charge.ts'
export { readLedgerFile } from './test-provider/ledger.ts'
export { type TestProviderSecrets, testProviderSecrets } from './test-provider/secrets.ts'
export { startTestProvider, type TestProviderOptions, type TestProviderServer } from './test-provider/server.ts'
