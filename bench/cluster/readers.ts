import { setTimeout as sleep } from 'node:timers/promises'
import type { CheckResult } from '../checks.ts'
import { checkOf } from '../faults/judge.ts'
import type { ClusterStage } from './stage.ts'
import type { ClusterUnderTest } from './types.ts'

/** Somebody who turns the pages of lists all the time, as people in back offices do. */
export type ListReader = {
  /** Resolves once every edge asks so many replicas. @throws after two minutes. */
  untilAsked(isIt: (replicas: number) => boolean): Promise<void>
  /** What he saw: every page came, and none was waited for as long as a replica slept. */
  stop(): Promise<CheckResult>
}

/** Second pages: first ones are what is to be done now, and never asked of a replica. */
const lists = (shopId: string) => [`/v1/shops/${shopId}/orders?limit=1`, '/v1/products?limit=1']
/** Shorter than any replica is stopped here; who waits for one waits a second and asks the primary. */
const patienceMs = 8_000

export async function readLists(cluster: ClusterUnderTest, stage: ClusterStage): Promise<ListReader> {
  const { url, operator } = cluster
  const token = await signedIn(url, operator)
  const faults: string[] = []
  let read = 0
  let stopped = false

  async function page(path: string): Promise<string | undefined> {
    const beganAt = performance.now()
    const answer = await fetch(url + path, {
      headers: { authorization: `Bearer ${token}` },
      signal: AbortSignal.timeout(60_000),
    })
    const body = (await answer.json()) as { nextCursor?: string | null; code?: string }
    const tookMs = Math.round(performance.now() - beganAt)
    read += 1
    if (!answer.ok) faults.push(`${path} was answered ${answer.status} ${body.code ?? ''}`)
    else if (tookMs > patienceMs) faults.push(`${path} took ${tookMs} ms`)
    return body.nextCursor ?? undefined
  }

  async function readOn(): Promise<void> {
    for (let turn = 0; !stopped; turn += 1) {
      const shopId = stage.shopIds[turn % stage.shopIds.length] ?? ''
      for (const path of lists(shopId))
        try {
          const cursor = await page(path)
          if (cursor !== undefined) await page(`${path}&cursor=${encodeURIComponent(cursor)}`)
        } catch (error) {
          faults.push(`${path}: ${(error as Error).message}`)
        }
      await sleep(20)
    }
  }
  const reading = readOn()

  return {
    async untilAsked(isIt) {
      const giveUpAt = performance.now() + 120_000
      for (;;) {
        const asked = await replicasAsked(cluster)
        if (asked.length > 0 && asked.every(isIt)) return
        if (performance.now() > giveUpAt) throw new Error(`edges ask ${asked.join(', ')} replicas after two minutes`)
        await sleep(100)
      }
    },
    async stop() {
      stopped = true
      await reading
      return checkOf('lists', 'Every page of a list was read, also without replicas', read, faults)
    },
  }
}

/** How many replicas each edge that knows of any asks now, over all databases. */
async function replicasAsked({ parts, shards }: ClusterUnderTest): Promise<number[]> {
  const edges = parts.filter(({ name }) => /^(front|orders|back)/.test(name))
  const counts = await Promise.all(
    edges.map(async ({ port }) => {
      const answer = await fetch(`http://127.0.0.1:${port}/metrics`, { signal: AbortSignal.timeout(10_000) })
      const found = [...(await answer.text()).matchAll(/^souk_replicas_\w+_asked (\d+)$/gm)]
      return found.map(([, count]) => Number(count))
    }),
  )
  // A replica holds several databases, and is asked for each.
  return counts.filter(({ length }) => length === shards.length).map((each) => each.reduce((sum, one) => sum + one, 0))
}

async function signedIn(url: string, operator: { email: string; password: string }): Promise<string> {
  const answer = await fetch(`${url}/v1/auth/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(operator),
  })
  const { accessToken } = (await answer.json()) as { accessToken?: string }
  if (accessToken === undefined) throw new Error(`the operator could not sign in: ${answer.status}`)
  return accessToken
}
