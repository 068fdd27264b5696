/** What people may consent to, each by itself. Nothing that an order needs is among them. */
export const purposes = ['marketing-email', 'marketing-sms', 'marketing-push', 'analytics', 'personalisation'] as const
export type Purpose = (typeof purposes)[number]
export const consentSources = ['web', 'app', 'checkout', 'support'] as const
/** Where a decision was made; `closing`: with the account, everything that was given ends. */
export type ConsentSource = (typeof consentSources)[number] | 'closing'

export const appearances = ['system', 'light', 'dark'] as const
export type Preferences = {
  appearance: (typeof appearances)[number]
  /** IANA: "Europe/Berlin". */
  timeZone: string
  /** Whether what they looked at is shown to them again. */
  recentlyViewed: boolean
}
export const usualPreferences: Preferences = { appearance: 'system', timeZone: 'UTC', recentlyViewed: true }

export const isTimeZone = (name: string): boolean => {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name })
    return true
  } catch {
    return false
  }
}

/** "Ada King Lovelace" → Ada King, Lovelace; what people call themselves in one word is the given name. */
export function namesFrom(name: string): { givenName: string; familyName: string } {
  const words = name.normalize('NFC').trim().split(/\s+/u)
  const familyName = words.length > 1 ? (words.at(-1) as string) : ''
  return {
    givenName: (words.length > 1 ? words.slice(0, -1) : words).join(' ').slice(0, 100),
    familyName: familyName.slice(0, 100),
  }
}

/** What a text is searched by: no difference of case, width or spaces. */
export const searchKeyOf = (text: string): string =>
  text.normalize('NFKC').trim().toLowerCase().replace(/\s+/gu, ' ').slice(0, 254)

/** Everything a customer is found by the beginning of. */
export function termsOf(customer: { email: string | null; givenName: string; familyName: string }): string[] {
  const words = searchKeyOf(`${customer.givenName} ${customer.familyName}`).split(' ')
  const terms = words.map((_, from) => words.slice(from).join(' '))
  if (customer.email !== null) terms.push(searchKeyOf(customer.email))
  return [...new Set(terms.filter((term) => term !== ''))]
}

/** Behind everything that begins with `prefix`, in the order of bytes. */
export const endOfPrefix = (prefix: string): string => `${prefix}\u{10ffff}`

const oldest = 130
/** `2000-02-29`, in the past and of somebody who may be alive. */
export function isBirthDate(text: string, now: Date): boolean {
  const at = new Date(`${text}T00:00:00Z`)
  if (Number.isNaN(at.getTime()) || !at.toISOString().startsWith(text)) return false
  return at < now && at.getUTCFullYear() >= now.getUTCFullYear() - oldest
}
