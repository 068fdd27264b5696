import { useToast } from '@souk/ui'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { explain } from '../parts/problem.tsx'
import { useSession } from '../session.tsx'
import { souk } from '../souk.ts'
import type { Search } from './search.ts'
import { onDevice, forgetOnDevice, readViews, type View, type Views, viewsWith, writeViews } from './views.ts'

const key = 'admin.saved-filters'

/** Views somebody saved for a screen: kept with the account, so they are there on every device. */
export function useViews(screen: string): [views: readonly View[], keep: (views: readonly View[]) => void] {
  const { me } = useSession()
  const queries = useQueryClient()
  const tell = useToast()
  const queryKey = ['saved-views', me.accountId]
  const { data } = useQuery({ queryKey, queryFn: () => load(me.accountId), staleTime: 60_000 })
  const save = async (views: readonly View[]) => {
    queries.setQueryData<Views>(queryKey, (known) => viewsWith(known ?? {}, screen, views))
    try {
      // Read again first: another tab may have saved some of another screen.
      queries.setQueryData(queryKey, await store(viewsWith(await fetchViews(), screen, views)))
    } catch (error) {
      const { title, detail } = explain(error)
      tell({ title, detail, tone: 'bad' })
      await queries.invalidateQueries({ queryKey })
    }
  }
  return [data?.[screen] ?? [], (views) => void save(views)]
}

export type { Search, View }

async function fetchViews(): Promise<Views> {
  const { items } = await souk.listMySettings()
  return readViews(items.find((setting) => setting.key === key)?.value)
}

async function store(views: Views): Promise<Views> {
  await souk.changeMySetting({ path: { key }, body: { value: writeViews(views) } })
  return views
}

/** Those of the account; what this device kept for it alone, before views were kept with accounts, goes with them. */
async function load(accountId: string): Promise<Views> {
  const kept = await fetchViews()
  const here = onDevice(localStorage, accountId)
  if (Object.keys(here).length === 0) return kept
  let all = kept
  for (const [screen, views] of Object.entries(here)) {
    const names = new Set(all[screen]?.map(({ name }) => name))
    all = viewsWith(all, screen, [...(all[screen] ?? []), ...views.filter(({ name }) => !names.has(name))])
  }
  const stored = await store(all)
  forgetOnDevice(localStorage, accountId)
  return stored
}
