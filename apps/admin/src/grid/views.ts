import type { Search } from './search.ts'

/** Filters of a screen somebody saved under a name. */
export type View = { name: string; search: Search }
/** By screen. */
export type Views = Readonly<Record<string, readonly View[]>>

const mostOfScreen = 30
/** As long as the setting may be that they are kept in. */
const longest = 20_000

const isView = (given: unknown): given is View => {
  const { name, search } = (given ?? {}) as Partial<View>
  return typeof name === 'string' && typeof search === 'object' && search !== null
}

/** What cannot be read is no view: another release may have written it. */
export function readViews(value: unknown): Views {
  try {
    const given: unknown = JSON.parse(typeof value === 'string' ? value : '{}')
    if (typeof given !== 'object' || given === null) return {}
    return Object.fromEntries(
      Object.entries(given).map(([screen, views]) => [screen, Array.isArray(views) ? views.filter(isView) : []]),
    )
  } catch {
    return {}
  }
}

/** The oldest of the screen with the most of them go where there is no more room. */
export function writeViews(views: Views): string {
  let kept = views
  for (;;) {
    const text = JSON.stringify(kept)
    const [fullest] = Object.keys(kept).sort((a, b) => (kept[b]?.length ?? 0) - (kept[a]?.length ?? 0))
    if (text.length <= longest || fullest === undefined) return text
    kept = viewsWith(kept, fullest, kept[fullest]?.slice(1) ?? [])
  }
}

export const viewsWith = (all: Views, screen: string, views: readonly View[]): Views => {
  const { [screen]: _before, ...others } = all
  return views.length === 0 ? others : { ...others, [screen]: views.slice(-mostOfScreen) }
}

type Device = Pick<Storage, 'getItem' | 'removeItem' | 'key' | 'length'>
const prefixOf = (accountId: string) => `souk-admin-views:${accountId}:`

/** What a release before this one kept on the device. */
export function onDevice(device: Device, accountId: string): Views {
  const found: Record<string, readonly View[]> = {}
  for (const key of keysOn(device, accountId)) {
    const screen = key.slice(prefixOf(accountId).length)
    const views = readViews(`{"kept":${device.getItem(key) ?? '[]'}}`).kept ?? []
    if (views.length > 0) found[screen] = views
  }
  return found
}

export function forgetOnDevice(device: Device, accountId: string): void {
  for (const key of keysOn(device, accountId)) device.removeItem(key)
}

const keysOn = (device: Device, accountId: string): string[] =>
  Array.from({ length: device.length }, (_, index) => device.key(index) ?? '').filter((key) =>
    key.startsWith(prefixOf(accountId)),
  )
