import type { Logger } from '@souk/telemetry'
import { declaredFlags } from './declared.ts'
import type { Flag } from './flag.ts'

export type Loaded = { revision: number; flags: readonly Flag[] }

/** All flags in memory. Asking never waits and never fails. */
export type Snapshot = {
  flag(key: string): Flag | undefined
  all(): readonly Flag[]
  revision(): number
  /** Look whether there is something newer, now. Never rejects; resolves to whether something changed. */
  refresh(): Promise<boolean>
  onChange(listener: (keys: string[]) => void): void
  ageMs(): number
}

export type SnapshotDeps = {
  /** The flags, unless `known` is their revision still: then undefined. */
  load(known: number): Promise<Loaded | undefined>
  freshMs: number
  log: Pick<Logger, 'warn'>
  /** Milliseconds that only go forward. */
  now?: () => number
}

/**
 * Holds what the program declares until it has been loaded, and what was loaded last for as long as nothing newer can be
 * had. Whoever asks when it is older than `freshMs` has it looked after in the background.
 */
export function createSnapshot({ load, freshMs, log, now = () => performance.now() }: SnapshotDeps): Snapshot {
  let flags = new Map(declaredFlags.map((flag) => [flag.key, flag]))
  let revision = 0
  let checkedAt = Number.NEGATIVE_INFINITY
  let underWay: Promise<boolean> | undefined
  let failing = false
  const listeners: ((keys: string[]) => void)[] = []

  async function look(): Promise<boolean> {
    try {
      const loaded = await load(revision)
      failing = false
      if (loaded === undefined || loaded.revision < revision) return false
      const before = flags
      flags = new Map(loaded.flags.map((flag) => [flag.key, flag]))
      revision = loaded.revision
      const keys = [...new Set([...before.keys(), ...flags.keys()])]
      const changed = keys.filter((key) => JSON.stringify(before.get(key)) !== JSON.stringify(flags.get(key)))
      for (const listener of listeners) listener(changed)
      return true
    } catch (error) {
      // Said once: while the database is away this comes every second.
      if (!failing) log.warn({ error }, 'feature flags could not be read; those in memory hold')
      failing = true
      return false
    } finally {
      checkedAt = now()
      underWay = undefined
    }
  }
  const refresh = () => (underWay ??= look())
  const keepFresh = () => {
    if (underWay === undefined && now() - checkedAt > freshMs) void refresh()
  }
  return {
    flag(key) {
      keepFresh()
      return flags.get(key)
    },
    all() {
      keepFresh()
      return [...flags.values()]
    },
    revision: () => revision,
    // One that began before may have read what was there before the change it is to see.
    refresh: async () => {
      if (underWay !== undefined) await underWay
      return refresh()
    },
    onChange: (listener) => listeners.push(listener),
    ageMs: () => now() - checkedAt,
  }
}
