export const scopes = ['marketplace', 'shop', 'user'] as const
export type Scope = (typeof scopes)[number]
export type Value = boolean | number | string

type Kind =
  | { type: 'boolean'; default: boolean }
  | { type: 'integer'; default: number; minimum: number; maximum: number }
  /** One line or several; `pattern` in words is `form`. */
  | { type: 'text'; default: string; maxLength: number; pattern?: RegExp; form?: string }
  | { type: 'choice'; default: string; choices: readonly string[] }
  /** Text that is JSON: for what a page keeps for its user. */
  | { type: 'json'; default: string; maxLength: number }

export type Setting = Kind & {
  key: string
  title: string
  /** Where it can be set. Of a shop without a value of its own the marketplace's holds, and then the default. */
  scopes: readonly Scope[]
  /** Shown to everybody. */
  public?: true
  /** In shops, too, set by operators alone. */
  operatorsOnly?: true
  /** A shop may give more than the marketplace promises, never less. */
  atLeastMarketplace?: true
}

const link = { pattern: /^$|^\/(?!\/)[^\s\\]*$|^https:\/\/[^\s\\"<>]+$/, form: 'a path (/sale) or an https address' }
const day = { pattern: /^$|^[1-9]\d{3}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])$/, form: 'a day: 2026-12-24' }
const mail = { pattern: /^$|^[^\s@<>"]{1,64}@[^\s@<>"]{1,189}$/, form: 'an e-mail address' }
const here = ['marketplace'] as const

/** Every setting there is. To add one, add a line; to use one, ask `SettingsService` or `GET /v1/settings`. */
export const catalogue: readonly Setting[] = [
  {
    key: 'checkout.guest',
    title: 'Shoppers may order without an account',
    type: 'boolean',
    default: true,
    scopes: here,
    public: true,
  },
  {
    key: 'returns.window-days',
    title: 'Days in which goods may be sent back, from the day they arrived',
    type: 'integer',
    default: 30,
    minimum: 14,
    maximum: 365,
    scopes: ['marketplace', 'shop'],
    public: true,
    atLeastMarketplace: true,
  },
  {
    key: 'storefront.announcement',
    title: 'Banner above every page; empty: none',
    type: 'text',
    default: '',
    maxLength: 280,
    scopes: here,
    public: true,
  },
  {
    key: 'storefront.announcement-link',
    title: 'Where the banner leads',
    type: 'text',
    default: '',
    maxLength: 500,
    ...link,
    scopes: here,
    public: true,
  },
  {
    key: 'storefront.announcement-level',
    title: 'How loud the banner is',
    type: 'choice',
    default: 'info',
    choices: ['info', 'success', 'warning'],
    scopes: here,
    public: true,
  },
  {
    key: 'support.email',
    title: 'Where shoppers write to',
    type: 'text',
    default: '',
    maxLength: 254,
    ...mail,
    scopes: here,
    public: true,
  },
  {
    key: 'operations.note',
    title: 'Note for whoever is on duty',
    type: 'text',
    default: '',
    maxLength: 2_000,
    scopes: here,
  },
  {
    key: 'shop.notice',
    title: 'Banner on the pages of the shop; empty: none',
    type: 'text',
    default: '',
    maxLength: 280,
    scopes: ['shop'],
    public: true,
  },
  {
    key: 'shop.away-until',
    title: 'Nothing is sent before this day, and the pages say so; empty: as usual',
    type: 'text',
    default: '',
    maxLength: 10,
    ...day,
    scopes: ['shop'],
    public: true,
  },
  {
    key: 'shop.featured',
    title: 'Shown on the first page of the marketplace',
    type: 'boolean',
    default: false,
    scopes: ['shop'],
    public: true,
    operatorsOnly: true,
  },
  {
    key: 'shop.packing-note',
    title: 'Note for whoever packs, shown where orders are shipped',
    type: 'text',
    default: '',
    maxLength: 500,
    scopes: ['shop'],
  },
  {
    key: 'display.theme',
    title: 'Light or dark',
    type: 'choice',
    default: 'system',
    choices: ['system', 'light', 'dark'],
    scopes: ['user'],
  },
  {
    key: 'display.density',
    title: 'How close rows of tables stand',
    type: 'choice',
    default: 'comfortable',
    choices: ['comfortable', 'compact'],
    scopes: ['user'],
  },
  {
    key: 'admin.saved-filters',
    title: 'Filters of tables that were saved',
    type: 'json',
    default: '{}',
    maxLength: 20_000,
    scopes: ['user'],
  },
]

const byKey = new Map(catalogue.map((setting) => [setting.key, setting]))

export const settingIn = (scope: Scope, key: string): Setting | undefined => {
  const setting = byKey.get(key)
  return setting?.scopes.includes(scope) ? setting : undefined
}

export const settingsOf = (scope: Scope): readonly Setting[] =>
  catalogue.filter((setting) => setting.scopes.includes(scope))

/** Why this cannot be the value; undefined when it can. */
export function faultOfValue(setting: Setting, value: unknown): string | undefined {
  switch (setting.type) {
    case 'boolean':
      return typeof value === 'boolean' ? undefined : 'must be true or false'
    case 'integer':
      return Number.isSafeInteger(value) && setting.minimum <= Number(value) && Number(value) <= setting.maximum
        ? undefined
        : `must be a whole number from ${setting.minimum} to ${setting.maximum}`
    case 'choice':
      return typeof value === 'string' && setting.choices.includes(value)
        ? undefined
        : `must be one of ${setting.choices.join(', ')}`
    case 'text':
      if (typeof value !== 'string' || value.length > setting.maxLength)
        return `must be text of ${setting.maxLength} characters at most`
      return setting.pattern === undefined || setting.pattern.test(value) ? undefined : `must be ${setting.form}`
    case 'json':
      return typeof value === 'string' && value.length <= setting.maxLength && isJson(value)
        ? undefined
        : `must be JSON of ${setting.maxLength} characters at most`
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

export type Origin = 'default' | Scope
export type Effective = { setting: Setting; value: Value; origin: Origin }

/**
 * The value in force. What lies in the database and does not fit any more (the catalogue has changed) counts for nothing.
 * @param own        as set in the scope asked about; null: not set
 * @param marketplace as set for all; for settings shops share with it
 */
export function effective(setting: Setting, own: Value | null, marketplace: Value | null, scope: Scope): Effective {
  const fits = (value: Value | null) => value !== null && faultOfValue(setting, value) === undefined
  const shared: Effective =
    scope !== 'marketplace' && setting.scopes.includes('marketplace') && marketplace !== null && fits(marketplace)
      ? { setting, value: marketplace, origin: 'marketplace' }
      : { setting, value: setting.default, origin: 'default' }
  if (own === null || !fits(own)) return shared
  if (setting.atLeastMarketplace && scope === 'shop' && Number(own) < Number(shared.value)) return shared
  return { setting, value: own, origin: scope }
}
