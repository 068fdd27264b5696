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

export type View = { name: string; search: Search }

const keyOf = (accountId: string, screen: string) => `souk-admin-views:${accountId}:${screen}`

/** Views somebody saved for a screen, on this device. */
export function savedViews(accountId: string, screen: string): View[] {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(keyOf(accountId, screen)) ?? '[]')
    return Array.isArray(kept) ? (kept as View[]).filter(({ name }) => typeof name === 'string').slice(0, 30) : []
  } catch {
    return []
  }
}

export function saveViews(accountId: string, screen: string, views: readonly View[]): void {
  localStorage.setItem(keyOf(accountId, screen), JSON.stringify(views.slice(0, 30)))
}
