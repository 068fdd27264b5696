/** What a load found: the value, and under which names it is to be dropped when one of them changes. */
export type Loaded<Value> = { value: Value; tags: readonly string[] }

export type RegionOptions = {
  /** How long a value may be used at most, if nobody says that it changed: the bound of all staleness. Jittered by ±10 %. */
  ttlMs: number
}

/**
 * Values of one kind. They are shared by all callers: never change one. JSON only, since they may travel.
 * Whatever fails in here is a miss and never an error: the caller's `load` is the truth.
 */
export type Region<Value> = {
  get(key: string): Promise<Value | undefined>
  /** In the order of the keys. */
  getMany(keys: readonly string[]): Promise<(Value | undefined)[]>
  /** For values that were not loaded through here. What is invalidated while the value was on its way is not noticed. */
  set(key: string, loaded: Loaded<Value>): Promise<void>
  delete(...keys: string[]): Promise<void>
  /**
   * What is kept, or else loaded; however many ask at once, one loads. What was invalidated after its load began is not
   * kept, so an old value cannot come back. `undefined` is not kept. What `load` throws, everybody who waits gets.
   */
  through(key: string, load: () => Promise<Loaded<Value> | undefined>): Promise<Value | undefined>
}

/** Counts in windows of time, shared by whoever shares the store. */
export type Counters = {
  /**
   * Add to counts of a window and learn what they are now, everybody's. One round trip for all of them.
   * @returns undefined when the store cannot be reached: nothing was added, as far as is known.
   */
  add(window: number, deltas: ReadonlyMap<string, number>, keepMs: number): Promise<Map<string, number> | undefined>
}

export type Cache = {
  /** The same name is the same region, in every process that shares the store. */
  region<Value>(name: string, options: RegionOptions): Region<Value>
  /**
   * Drop whatever carries one of these tags, here at once, elsewhere within milliseconds. Call it after the change is
   * committed, never before. Never fails: what cannot be told now is told when the store is back.
   */
  invalidate(...tags: string[]): Promise<void>
  readonly counters: Counters
  readonly news: News
  close(): Promise<void>
}

/** Short messages between the processes of a marketplace. Lost while the line is down: for hints, never for truth. */
export type News = {
  /** Heard here at once, elsewhere within milliseconds. */
  publish(channel: string, items: readonly string[]): void
  subscribe(channel: string, listener: (items: readonly string[]) => void): { stop(): void }
  /** Told whenever messages may have been missed: when the line broke, and when it is whole again. */
  onGap(listener: () => void): { stop(): void }
  /** Whether messages of other processes arrive now. */
  readonly connected: boolean
}
