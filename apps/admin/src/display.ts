import { applyTheme, chosenTheme, type Theme } from '@souk/ui'
import { useQuery } from '@tanstack/react-query'
import { useEffect, useSyncExternalStore } from 'react'
import { useSession } from './session.tsx'
import { souk } from './souk.ts'

export type Density = 'comfortable' | 'compact'
export type Display = { theme: Theme; density: Density }

const keys = { theme: 'display.theme', density: 'display.density' } as const
const here = new EventTarget()
let density: Density = 'comfortable'

function show(display: Partial<Display>): void {
  if (display.theme !== undefined) applyTheme(display.theme)
  if (display.density !== undefined) density = display.density
  here.dispatchEvent(new Event('change'))
}

const subscribe = (changed: () => void) => {
  here.addEventListener('change', changed)
  return () => here.removeEventListener('change', changed)
}

/** How close rows of tables stand. */
export const useDensity = (): Density => useSyncExternalStore(subscribe, () => density)
export const useTheme = (): Theme => useSyncExternalStore(subscribe, chosenTheme)

/** The look goes with the account, to every device it signs in on. */
export function useDisplayOfAccount(): void {
  const { me } = useSession()
  const { data } = useQuery({
    queryKey: ['display', me.accountId],
    queryFn: async () => (await souk.listMySettings()).items,
    staleTime: Number.POSITIVE_INFINITY,
  })
  useEffect(() => {
    if (data === undefined) return
    const set = (key: string) => data.find((setting) => setting.key === key && setting.origin === 'user')?.value
    const theme = set(keys.theme)
    const wanted = set(keys.density)
    show({
      ...((theme === 'light' || theme === 'dark' || theme === 'system') && { theme }),
      ...((wanted === 'compact' || wanted === 'comfortable') && { density: wanted }),
    })
  }, [data])
}

/** Shown at once; kept with the account if it can be. */
export async function choose<Name extends keyof Display>(name: Name, value: Display[Name]): Promise<void> {
  show({ [name]: value })
  await souk.changeMySetting({ path: { key: keys[name] }, body: { value } })
}
