import type { CheckResult } from '../checks.ts'

/** What goes wrong on purpose. */
export type FaultKind = 'kill' | 'restart-postgres' | 'cut-after-commit' | 'slow-database' | 'freeze' | 'poison'
/** What goes wrong in the trial of payments, where more processes are at work. */
export type PaymentFaultKind =
  | 'kill'
  | 'restart-postgres'
  | 'kill-worker'
  | 'freeze-worker'
  | 'cut-saga'
  | 'kill-provider'
  | 'freeze-provider'
  | 'provider-trouble'
/** Trials of their own, after the storm. */
export type TrialKind = 'payments' | 'overload' | 'power-cut'

export const faultKinds: readonly FaultKind[] = [
  'kill',
  'restart-postgres',
  'cut-after-commit',
  'slow-database',
  'freeze',
  'poison',
]
export const paymentFaultKinds: readonly PaymentFaultKind[] = [
  'kill',
  'restart-postgres',
  'kill-worker',
  'freeze-worker',
  'cut-saga',
  'kill-provider',
  'freeze-provider',
  'provider-trouble',
]
export const trialKinds: readonly TrialKind[] = ['payments', 'overload', 'power-cut']

/** The public API, asked by an operator; patient with a server that is away. */
export type Api = {
  get<Body>(path: string): Promise<Body>
  post<Body>(path: string, body?: unknown): Promise<Body>
  put<Body>(path: string, body: unknown): Promise<Body>
  refresh(): Promise<void>
}

/** A marketplace in a process of its own. */
export type SoukProcess = {
  readonly url: string
  readonly pid: number
  readonly api: Api
  readonly operator: { email: string; password: string }
  /** Of the process that reads events and runs jobs beside it; undefined while there is none. */
  workerPid(): number | undefined
  /** SIGKILL, then start again at the same address; resolves when it answers. */
  killAndRestart(): Promise<void>
  stop(): Promise<void>
}

export type StartSouk = (databaseUrl: string, settings: Record<string, string>) => Promise<SoukProcess>

/** A fault as it happened. Times in milliseconds since the load began. */
export type Strike = {
  kind: FaultKind | PaymentFaultKind
  atMs: number
  what: string
  /** Until what was broken was mended by the run itself (a server started again); recovery is the rest. */
  tookMs: number
  /** Until answers came at nine tenths of the usual rate again; 0: not noticed, null: not before the load ended. */
  recoveredMs: number | null
  /** Attempts without a definite answer in that time, by cause. */
  errors: Record<string, number>
}

export type FaultsResult = {
  seed: number
  /** Repeats this round. */
  command: string
  good: boolean
  startedAt: Date
  tookMs: number
  strikes: Strike[]
  checks: CheckResult[]
  figures: {
    sent: number
    accepted: number
    cancelled: number
    completed: number
    refusedByReason: Record<string, number>
    errorsByCause: Record<string, number>
    askedAgain: number
    connectionsCut: number
    /** Batches whose commit was looked up, by the server's own count since it last started. */
    resolved: number
    oversold: number
    duplicates: number
    lost: number
    recoveryMs: number
    maxRssMb: number
    payments: PaymentFigures | null
    overload: OverloadFigures | null
    powerCut: { answered: number; lost: number; control: { answered: number; lost: number } } | null
  }
}

export type OverloadFigures = {
  peakPerSecond: number
  offeredPerSecond: number
  goodputPerSecond: number
  afterwardsPerSecond: number
  came: number
  turnedAway: number
  turnedAwayP99Ms: number
  unanswered: number
  unansweredBy: Record<string, number>
}

/** Money in minor units. */
export type PaymentFigures = {
  orders: number
  byStatus: Record<string, number>
  /** Calls of customers and clerks. */
  paidThere: number
  declinedThere: number
  neverPaid: number
  cancelled: number
  shipped: number
  delivered: number
  returned: number
  /** By the provider's own book. */
  charges: number
  capturedMinor: number
  refundedMinor: number
  /** What reconciling found, by cause. */
  differences: Record<string, number>
  drainMs: number | null
}
