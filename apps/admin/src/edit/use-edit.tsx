import { ifMatch, isProblem } from '@souk/sdk'
import { useToast } from '@souk/ui'
import { type QueryKey, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { explain } from '../parts/problem.tsx'

type Versioned = { version: number }

/** Somebody else was quicker: what it was when the edit began, what it was to become, what it is now. */
export type Conflict<Thing extends Versioned> = { base: Thing; mine: Partial<Thing>; theirs: Thing }

export type EditOptions<Thing extends Versioned> = {
  queryKey: QueryKey
  read: () => Promise<Thing>
  write: (patch: Partial<Thing>, guard: ReturnType<typeof ifMatch>) => Promise<Thing>
  /** What else is stale after a change. */
  stale?: readonly QueryKey[]
  name: string
}

/**
 * A thing two people may edit. A change shows at once; it is written only onto the version it was made from. Where
 * somebody was quicker, `conflict` says what they did, and `settle` writes what one decides to keep onto theirs.
 */
export function useEdit<Thing extends Versioned>({ queryKey, read, write, stale = [], name }: EditOptions<Thing>) {
  const queries = useQueryClient()
  const tell = useToast()
  const query = useQuery({ queryKey, queryFn: read })
  const [saving, setSaving] = useState(false)
  const [conflict, setConflict] = useState<Conflict<Thing>>()

  async function put(base: Thing, patch: Partial<Thing>, undoable: boolean): Promise<boolean> {
    setSaving(true)
    await queries.cancelQueries({ queryKey })
    queries.setQueryData<Thing>(queryKey, { ...base, ...patch })
    try {
      const saved = await write(patch, ifMatch(base.version))
      queries.setQueryData(queryKey, saved)
      for (const each of stale) void queries.invalidateQueries({ queryKey: each })
      const before = Object.fromEntries(
        Object.keys(patch).map((key) => [key, base[key as keyof Thing]]),
      ) as Partial<Thing>
      tell({
        title: `${name} saved`,
        tone: 'good',
        ...(undoable && { undo: () => void put(saved, before, false) }),
      })
      return true
    } catch (error) {
      queries.setQueryData(queryKey, base)
      if (isProblem(error, 'version-mismatch')) {
        const theirs = await queries.fetchQuery({ queryKey, queryFn: read, staleTime: 0 })
        setConflict({ base, mine: patch, theirs })
      } else {
        const { title, detail } = explain(error)
        tell({ title, detail, tone: 'bad' })
      }
      return false
    } finally {
      setSaving(false)
    }
  }

  return {
    query,
    saving,
    conflict,
    /** Write these members. Resolves to whether it is done. */
    save: (patch: Partial<Thing>) => (query.data === undefined ? Promise.resolve(false) : put(query.data, patch, true)),
    /** After a conflict: write these members onto the others' version; none: keep theirs. */
    settle(patch: Partial<Thing>) {
      const theirs = conflict?.theirs
      setConflict(undefined)
      if (theirs !== undefined && Object.keys(patch).length > 0) void put(theirs, patch, true)
    },
  }
}
