import type { CheckResult } from '../checks.ts'

/** What goes wrong on purpose. */
export type FaultKind = 'kill' | 'restart-postgres' | 'cut-after-commit' | 'slow-database' | 'freeze' | 'poison'
/** Trials of their own, after the storm. */
export type TrialKind = 'overload' | 'power-cut'

export const faultKinds: readonly FaultKind[] = [
  'kill',
  'restart-postgres',
  'cut-after-commit',
  'slow-database',
  'freeze',
  'poison',
]
export const trialKinds: readonly TrialKind[] = ['overload', 'power-cut']

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
  /** SIGKILL, then start again at the same address; resolves when it answers. */
  killAndRestart(): Promise<void>
  stop(): Promise<void>
}

export type StartSouk = (databaseUrl: string, settings: Record<string, string>) => Promise<SoukProcess>

/** A fault as it happened. Times in milliseconds since the load began. */
export type Strike = {
  kind: FaultKind
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
