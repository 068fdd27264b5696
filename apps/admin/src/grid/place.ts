import type { QueryKey } from '@tanstack/react-query'
import { useRouterState } from '@tanstack/react-router'
import { useMemo, useRef } from 'react'

type Place = { scrollTop: number; active: number; from: number; to: number }

const beginning: Place = { scrollTop: 0, active: 0, from: 0, to: 0 }
const kept = new Map<string, Place>()
const most = 50

/** Where in a list somebody was: kept for the way back, so that an order can be looked at and the list gone on with. */
export function usePlace(queryKey: QueryKey) {
  // Each step of the browser's history has a key of its own: a new visit begins at the top.
  const step = useRouterState({ select: ({ location }) => location.state.__TSR_key ?? '' })
  const name = `${step} ${JSON.stringify(queryKey)}`
  const sight = useRef(kept.get(name) ?? beginning)
  return useMemo(
    () => ({
      /** Rows in sight, as they were last kept. */
      sight: () => sight.current,
      was: () => kept.get(name) ?? beginning,
      /** Whether this is the way back to it. */
      isBack: () => kept.has(name),
      keep(place: Place) {
        sight.current = place
        kept.delete(name)
        kept.set(name, place)
        const [oldest] = kept.keys()
        if (kept.size > most && oldest !== undefined) kept.delete(oldest)
      },
    }),
    [name],
  )
}
