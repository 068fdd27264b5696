import { join } from 'node:path'
import { type LiveStats, type LoadPlan, type LoadResult, runLoad } from '../load/index.ts'
import type { Line, Stage } from './stage.ts'
import type { Venue } from './world.ts'

/** A load that was sent, and where its history lies. */
export type Sent = { result: LoadResult; file: string; targets: readonly { lines: Line[] }[] }

let loads = 0

/** Send a load to the marketplace, its clients asking again until they have an answer unless the plan says otherwise. */
export async function sendLoad(
  world: Venue,
  stage: Pick<Stage, 'shopId' | 'tokens' | 'targets'>,
  customers: number,
  plan: Partial<LoadPlan> & Pick<LoadPlan, 'mode' | 'seed'>,
  targets: Stage['targets'] = stage.targets,
  onTick: (live: LiveStats) => void = () => {},
  signal?: AbortSignal,
  /** Ends sending as the plan's own end would. */
  enough?: AbortSignal,
): Promise<Sent> {
  loads += 1
  const file = join(world.folder, `history-${loads}`)
  const result = await runLoad(
    {
      baseUrl: world.souk.url,
      tokens: stage.tokens.slice(0, customers),
      targets: targets.map(({ path, body }) => ({ path, body })),
      connections: 400,
      // Two loads with one seed must not share their keys.
      keySalt: `load ${loads} ${stage.shopId}`,
      retry: true,
      retryMaxMs: 1_000,
      maxAttempts: 250,
      retryCodes: ['idempotency-in-flight'],
      timeoutMs: 5_000,
      settleMs: 45_000,
      historyFile: file,
      ...plan,
    },
    onTick,
    signal,
    enough,
  )
  return { result, file, targets }
}

/** Definite answers, yes or no, a second: what customers have of us. */
export function answeredPerSecond(timeline: readonly LiveStats[], index: number, ticks = 2): number {
  const last = timeline[index]
  const first = timeline[Math.max(0, index - ticks)]
  if (last === undefined || first === undefined || last === first) return 0
  const answered = last.accepted + last.refused - first.accepted - first.refused
  return (answered * 1_000) / Math.max(1, last.elapsedMs - first.elapsedMs)
}
