import type { Database } from '@souk/postgres'
import type { Logger } from '@souk/telemetry'
import { type Taken, takeDue } from './operations.sql.ts'
import { readDossier } from './payments.sql.ts'
import { perform } from './perform.ts'
import type { ProvidersAtHand } from './provider.ts'
import { createPump, type Pump } from './pump.ts'
import type { Payment } from './payment.ts'
import { type SettleDeps, settleAttempts } from './settle-attempts.ts'

export type DispatchDeps = SettleDeps & {
  db: Database
  log: Logger
  providers: ProvidersAtHand
  returnUrl(payment: Payment): string
  /** Longer than two calls may take and a place among those under way. Whoever is slower is not believed. */
  leaseMs: number
}

/** As many as a guard lets through at once. */
const atOnce = 20

/** Do one thing that was taken, and write down what came of it. */
export async function carryOut(deps: DispatchDeps, taken: Taken): Promise<void> {
  const { db, providers } = deps
  const provider = providers.named(taken.provider)
  const dossier = await readDossier(db.autocommit, taken.paymentId)
  if (provider === undefined || dossier === undefined) return
  const outcome = await perform({ provider, capture: deps.capture, returnUrl: deps.returnUrl }, taken, dossier)
  await db.transaction((tx) => settleAttempts(tx, deps, [{ taken, outcome }]))
}

/**
 * One round for one provider: take what is due and carry it out, all of it at once. Resolves to how many.
 * For tests; the program runs `startDispatching`.
 */
export async function dispatchDue(deps: DispatchDeps, provider: string, limit = atOnce): Promise<number> {
  const taken = await take(deps, provider, limit)
  await Promise.all(taken.map((each) => carryOut(deps, each)))
  return taken.length
}

const take = (deps: DispatchDeps, provider: string, limit: number) => {
  const now = deps.clock()
  return takeDue(deps.db.autocommit, provider, now, new Date(now.getTime() + deps.leaseMs), limit)
}

/**
 * What waits at providers, whenever somebody wakes it: the service, when something is wanted, and its job, every second.
 * A provider that hangs holds up no other.
 */
export function createDispatcher(deps: Omit<DispatchDeps, 'wake'>) {
  const pumps: Pump[] = []
  const wake = () => {
    for (const pump of pumps) pump.wake()
  }
  const whole: DispatchDeps = { ...deps, wake }
  for (const { name } of deps.providers.all) {
    const underWay = new Set<Promise<void>>()
    const pump = createPump(deps.log, async () => {
      const free = atOnce - underWay.size
      if (free === 0) return false
      const taken = await take(whole, name, free)
      for (const each of taken) {
        const work = carryOut(whole, each)
          .catch((error: unknown) =>
            // Its lease runs out, and whoever takes it then looks first.
            deps.log.warn({ operationId: each.operationId, error }, 'what a provider answered could not be kept'),
          )
          .finally(() => {
            underWay.delete(work)
            if (underWay.size >= atOnce - 1) pump.wake()
          })
        underWay.add(work)
      }
      return false
    })
    pumps.push({
      wake: pump.wake,
      async stop() {
        await pump.stop()
        await Promise.all(underWay)
      },
    })
  }
  return {
    wake,
    async stop() {
      await Promise.all(pumps.map((pump) => pump.stop()))
    },
  }
}
