/** What operators and shops have set and what flags are, as far as everybody may know: by key. */
export type Set = ReadonlyMap<string, unknown>

export const setOf = (items: readonly { key: string; value: unknown }[]): Set =>
  new Map(items.map(({ key, value }) => [key, value]))

export const textIn = (set: Set, key: string): string => {
  const value = set.get(key)
  return typeof value === 'string' ? value : ''
}

/** @param otherwise while settings cannot be asked, or do not know the key. */
export const isOn = (set: Set, key: string, otherwise: boolean): boolean => {
  const value = set.get(key)
  return typeof value === 'boolean' ? value : otherwise
}

/** What a shop wants to be said on its pages. */
export type ShopSays = { notice: string; awayUntil: string; returnDays: number | undefined }

/** @param today as 2026-12-24: a day that has passed is not said any more. */
export function shopSays(set: Set, today: string): ShopSays {
  const awayUntil = textIn(set, 'shop.away-until')
  const days = set.get('returns.window-days')
  return {
    notice: textIn(set, 'shop.notice'),
    awayUntil: awayUntil > today ? awayUntil : '',
    returnDays: typeof days === 'number' ? days : undefined,
  }
}

/** What operators have to say to everybody, above every page. */
export type Announcement = { text: string; link: string; level: 'info' | 'success' | 'warning' }

export function announcementIn(set: Set): Announcement | undefined {
  const text = textIn(set, 'storefront.announcement').trim()
  const level = textIn(set, 'storefront.announcement-level')
  if (text === '') return undefined
  return {
    text,
    link: textIn(set, 'storefront.announcement-link'),
    level: level === 'success' || level === 'warning' ? level : 'info',
  }
}
