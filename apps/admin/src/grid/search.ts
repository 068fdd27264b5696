import { useNavigate, useSearch } from '@tanstack/react-router'

export type Search = Readonly<Record<string, string>>

/** Filters of a screen stand in its address: a link says exactly what was seen. */
export function useFilters(): [Search, (patch: Readonly<Record<string, string | undefined>>) => void] {
  const search = useSearch({ strict: false }) as Search
  const navigate = useNavigate()
  return [
    search,
    (patch) => {
      const next = Object.fromEntries(
        Object.entries({ ...search, ...patch }).filter(([, value]) => value !== undefined && value !== ''),
      )
      void navigate({ to: '.', search: next as never, replace: true })
    },
  ]
}
