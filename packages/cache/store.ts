/** A point in time of a store, by the store's own clock. Taken before a load, so that what changed since is known. */
export type Mark = number

/** A value as a store keeps it. */
export type Entry = {
  value: unknown
  /** When its load began. */
  mark: Mark
  tags: readonly string[]
  /** How long it is good from now on. */
  leftMs: number
  /** What loading it took: the dearer, the earlier it is loaded anew before it ends. */
  costMs: number
}

/** Where entries lie. An entry of which a tag was invalidated at or after its mark is not found. */
export type Store = {
  read(keys: readonly string[]): Promise<{ mark: Mark; entries: (Entry | undefined)[] }>
  write(key: string, entry: Entry): Promise<void>
  forget(keys: readonly string[]): Promise<void>
  invalidate(tags: readonly string[]): Promise<void>
}

/** The longest an entry is kept, and so the longest an invalidation must be remembered. */
export const longestMs = 3_600_000
