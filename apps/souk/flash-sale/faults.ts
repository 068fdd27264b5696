import { type FaultInjected, seededRandom } from '@souk/bench'
import { UsageError } from '../explain.ts'
import type { OwnMarketplace } from '../own-marketplace.ts'

const known = {
  kill: {
    what: 'the server was killed (SIGKILL) and started again',
    strike: (own: OwnMarketplace) => own.killAndRestart(),
  },
  'restart-database': {
    what: 'PostgreSQL was ended in the middle of its work (SIGQUIT) and came back',
    strike: (own: OwnMarketplace) => own.crashDatabase(),
  },
}
type Fault = keyof typeof known

/** @throws UsageError naming the faults there are. */
export function faultsNamed(names: readonly string[]): Fault[] {
  const unknown = names.filter((name) => !Object.hasOwn(known, name))
  if (unknown.length > 0)
    throw new UsageError(`There is no fault ${unknown.join(', ')}; there are ${Object.keys(known).join(', ')}.`)
  return names as Fault[]
}

export type FaultSchedule = {
  /** Tell how much of the sale is over (0 to 1) and how long it has lasted. */
  progress(share: number, elapsedMs: number): void
  injected: FaultInjected[]
  /** Until everything broken has been put right again. */
  settled(): Promise<void>
}

/** Each fault strikes once, when a share of the crowd between a tenth and seven tenths has come; drawn from the seed. */
export function scheduleFaults(faults: readonly Fault[], seed: number, own: OwnMarketplace): FaultSchedule {
  const random = seededRandom(seed ^ 0x0fa17)
  const due = faults.map((fault) => ({ fault, at: 0.1 + random() * 0.6 })).sort((one, other) => one.at - other.at)
  const injected: FaultInjected[] = []
  let turn = Promise.resolve()
  let failure: unknown
  return {
    injected,
    progress(share, elapsedMs) {
      while (due[0] !== undefined && share >= due[0].at) {
        const { what, strike } = known[(due.shift() as { fault: Fault }).fault]
        injected.push({ atMs: Math.round(elapsedMs), what })
        turn = turn.then(() => strike(own)).catch((error: unknown) => void (failure ??= error))
      }
    },
    async settled() {
      await turn
      if (failure !== undefined) throw failure
    },
  }
}
