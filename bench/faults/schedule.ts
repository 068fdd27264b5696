import { seededRandom } from '../load/index.ts'
import type { Cut } from './proxy.ts'
import type { FaultKind } from './types.ts'

export type Planned = { atMs: number } & (
  | { kind: 'kill' | 'restart-postgres' | 'poison' }
  | { kind: 'cut-after-commit'; cuts: { cut: Cut; pauseMs: number }[] }
  | { kind: 'slow-database' | 'freeze'; forMs: number; replyDelayMs: number }
)

/** Room for a fault and for what comes back after it: a server that was killed needs some seconds to start. */
const roomMs: Record<FaultKind, number> = {
  kill: 6_000,
  'restart-postgres': 4_000,
  'cut-after-commit': 2_500,
  'slow-database': 3_000,
  freeze: 3_000,
  poison: 1_500,
}

/**
 * What breaks when: every kind at least once, in a shuffled order, again and again until the time is full; each at a
 * random moment of its room. Follows from the seed alone.
 * @param roomShare less than 1: the next one comes sooner, before all has come back from the one before.
 * @returns times since the load began, ascending, and when the last of them has had its room.
 */
export function planFaults(seed: number, kinds: readonly FaultKind[], fromMs: number, seconds: number, roomShare = 1) {
  const random = seededRandom(seed ^ 0x0fa17)
  const plan: Planned[] = []
  let atMs = fromMs
  const room = (kind: FaultKind) => roomMs[kind] * roomShare
  while (kinds.length > 0 && (plan.length === 0 || atMs < seconds * 1_000)) {
    for (const kind of shuffled(kinds, random)) {
      if (plan.length >= kinds.length && atMs + room(kind) > seconds * 1_000) continue
      plan.push(oneOf(kind, Math.round(atMs + random() * 500), random))
      atMs += room(kind)
    }
    if (plan.length >= kinds.length && atMs + Math.min(...kinds.map(room)) > seconds * 1_000) break
  }
  return { plan, overMs: atMs }
}

function oneOf(kind: FaultKind, atMs: number, random: () => number): Planned {
  switch (kind) {
    case 'cut-after-commit':
      return {
        kind,
        atMs,
        cuts: Array.from({ length: 3 + Math.floor(random() * 3) }, () => ({
          cut: aCut(random),
          pauseMs: random() * 200,
        })),
      }
    case 'slow-database':
      return { kind, atMs, forMs: 1_000 + random() * 1_000, replyDelayMs: 100 + random() * 200 }
    case 'freeze':
      return { kind, atMs, forMs: 1_000 + random() * 1_000, replyDelayMs: 0 }
    default:
      return { kind, atMs }
  }
}

/** Two in three after the commit, which is the worst moment. */
export function aCut(random: () => number): Cut {
  const draw = random()
  if (draw < 0.66) return { kind: 'reply' }
  return draw < 0.83 ? { kind: 'sent' } : { kind: 'after', bytes: Math.floor(random() * 400) }
}

export function shuffled<T>(items: readonly T[], random: () => number): T[] {
  const order = [...items]
  for (let last = order.length - 1; last > 0; last -= 1) {
    const other = Math.floor(random() * (last + 1))
    const kept = order[last] as T
    order[last] = order[other] as T
    order[other] = kept
  }
  return order
}
