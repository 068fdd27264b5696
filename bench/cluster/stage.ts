import { join } from 'node:path'
import { makeProduct, openShop, order, signIn } from '../faults/stage.ts'
import { type LoadResult, runLoad, type Target } from '../load/index.ts'
import type { ClusterUnderTest } from './types.ts'

export type Line = { variantId: string; quantity: number }

/** Shops spread over the databases, each with things that never run out. */
export type ClusterStage = {
  shopIds: string[]
  targets: (Target & { lines: Line[]; shopId: string })[]
  tokens: string[]
  accountIds: string[]
}

export type ClusterSent = { result: LoadResult; file: string; stage: ClusterStage }

/** As many as an account may own is ten. */
const shopCount = 8
const customers = 400

export async function setClusterStage({ api }: ClusterUnderTest): Promise<ClusterStage> {
  const targets: ClusterStage['targets'] = []
  const shopIds: string[] = []
  for (let index = 0; index < shopCount; index += 1) {
    const shopId = await openShop(api, `Rehearsal of faults ${index}`)
    const { variantId } = await patiently(() => makeProduct(api, shopId, `Plain cup ${index}`, 100_000_000))
    shopIds.push(shopId)
    targets.push({ ...order([{ variantId, quantity: 1 }]), shopId })
  }
  return { shopIds, targets, ...(await signIn(api, customers)) }
}

let loads = 0

/** A steady load, its customers asking again until somebody says yes or no. Tokens are fetched anew: they last 15 minutes. */
export async function sendTo(
  { url, folder, api }: ClusterUnderTest,
  stage: ClusterStage,
  options: {
    seed: number
    ratePerSecond: number
    durationMs: number
    signal?: AbortSignal | undefined
    /** Ends it before. */
    enough?: AbortSignal
    targets?: ClusterStage['targets']
  },
): Promise<ClusterSent> {
  loads += 1
  const file = join(folder, `history-${process.pid}-${loads}`)
  const fresh = { ...stage, targets: options.targets ?? stage.targets, ...(await signIn(api, customers)) }
  const result = await runLoad(
    {
      baseUrl: url,
      tokens: fresh.tokens,
      targets: fresh.targets.map(({ path, body }) => ({ path, body })),
      connections: 200,
      mode: { kind: 'open', ratePerSecond: options.ratePerSecond },
      seed: options.seed,
      keySalt: `cluster ${process.pid} ${loads}`,
      durationMs: options.durationMs,
      retry: true,
      retryMaxMs: 1_000,
      maxAttempts: 250,
      retryCodes: ['idempotency-in-flight'],
      timeoutMs: 10_000,
      settleMs: 60_000,
      historyFile: file,
    },
    () => {},
    options.signal,
    options.enough,
  )
  return { result, file, stage: fresh }
}

/** What one service makes another hears by an event: soon, and not at once. */
async function patiently<T>(work: () => Promise<T>, attempts = 60): Promise<T> {
  for (let attempt = 1; ; attempt += 1)
    try {
      return await work()
    } catch (error) {
      if (attempt === attempts) throw error
      await new Promise((resolve) => setTimeout(resolve, 500))
    }
}
