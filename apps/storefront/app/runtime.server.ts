import { createSouk, type Souk } from '@souk/sdk'
import { createContext } from 'react-router'
import { createKept } from './kept.server.ts'
import { createSeals, type Seals } from './seal.server.ts'
import { createStore, type Store } from './store.server.ts'
import { createRenewals, type Renewals } from './renewals.server.ts'

export type RuntimeConfig = {
  /** The public API, as this process reaches it. */
  apiUrl: string
  /** Cookies are sealed with it. 32 characters or more; the same in all processes. */
  secret: string
  /** Shown to the API, so that it counts shoppers and not this process. Left out: quotas hold for all shoppers together. */
  forwarderSecret?: string
  /** The store is reached over https alone: cookies say so. */
  secureCookies?: boolean
  /** Longest wait for an answer that is for everybody. Default: 3,000. */
  readTimeoutMs?: number
}

/** What lives as long as the process. */
export type Runtime = {
  config: RuntimeConfig
  store: Store
  seals: Seals
  renewals: Renewals
}

export const runtimeContext = createContext<Runtime>()

export function createRuntime(config: RuntimeConfig): Runtime {
  const headers: Record<string, string> =
    config.forwarderSecret === undefined ? {} : { 'x-souk-forwarder': config.forwarderSecret }
  const everybody: Souk = createSouk({
    baseUrl: config.apiUrl,
    headers,
    timeoutMs: config.readTimeoutMs ?? 3_000,
    retries: 1,
  })
  return {
    config,
    store: createStore(everybody, createKept()),
    seals: createSeals(config.secret),
    renewals: createRenewals(everybody),
  }
}
