export const flagTypes = ['boolean', 'string', 'number'] as const
export type FlagType = (typeof flagTypes)[number]
export type FlagValue = boolean | string | number

export type Variant = { name: string; value: FlagValue }
/** So many of ten thousand get this variant. */
export type Share = { variant: string; basisPoints: number }
/** For whom: all conditions that are given, any of what each lists. */
export type Rule = {
  name: string
  shopIds?: string[]
  roles?: string[]
  countries?: string[]
  serve: Share[]
}
export type Flag = {
  key: string
  description: string
  type: FlagType
  variants: Variant[]
  /** Of a variant: what holds when the flag is off, when nobody knows who asks, and whenever anything goes wrong. */
  fallback: string
  enabled: boolean
  /** Told to browsers; others are for the program alone. */
  exposed: boolean
  /** The first that applies decides. */
  rules: Rule[]
  /** When no rule applies. Whoever falls into no share gets the fallback. */
  otherwise: Share[]
}

export const roles = ['operator', 'staff', 'customer', 'guest'] as const

/** About whom it is asked. Nothing in it is believed for more than what it shows: a flag is no permission. */
export type FlagContext = {
  targetingKey?: string | undefined
  shopId?: string | undefined
  roles?: readonly string[] | undefined
  country?: string | undefined
}

export type Reason = 'DISABLED' | 'STATIC' | 'TARGETING_MATCH' | 'SPLIT' | 'DEFAULT' | 'ERROR'
export type Evaluation = { value: FlagValue; variant: string; reason: Reason }

const whole = 10_000

/**
 * Where somebody stands among ten thousand, for one flag: always the same place, and another one for another flag. Whoever
 * is in at 20 % stays in at 30 %, since shares are cut off from below.
 */
export function placeOf(flagKey: string, targetingKey: string): number {
  const text = `${flagKey}\n${targetingKey}`
  let hash = 0x811c9dc5
  for (let index = 0; index < text.length; index += 1) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193)
  // FNV-1a alone spreads neighbouring ids unevenly over small ranges; the finaliser of MurmurHash3 mends that.
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return ((hash ^ (hash >>> 16)) >>> 0) % whole
}

const applies = (rule: Rule, { shopId, roles: held = [], country }: FlagContext): boolean =>
  (rule.shopIds === undefined || (shopId !== undefined && rule.shopIds.includes(shopId))) &&
  (rule.roles === undefined || rule.roles.some((role) => held.includes(role))) &&
  (rule.countries === undefined || (country !== undefined && rule.countries.includes(country.toUpperCase())))

/** What a flag is for somebody. Never throws: whatever is wrong with it, its fallback holds. */
export function evaluate(flag: Flag, context: FlagContext): Evaluation {
  try {
    return decide(flag, context)
  } catch {
    return served(flag, flag?.fallback ?? '', 'ERROR')
  }
}

function decide(flag: Flag, context: FlagContext): Evaluation {
  if (!flag.enabled) return served(flag, flag.fallback, 'DISABLED')
  const rule = flag.rules.find((each) => applies(each, context))
  const shares = rule?.serve ?? flag.otherwise
  const [first] = shares
  if (first === undefined) return served(flag, flag.fallback, rule === undefined ? 'DEFAULT' : 'TARGETING_MATCH')
  if (first.basisPoints >= whole) return served(flag, first.variant, rule === undefined ? 'STATIC' : 'TARGETING_MATCH')
  const { targetingKey } = context
  if (targetingKey === undefined || targetingKey === '') return served(flag, flag.fallback, 'DEFAULT')
  const place = placeOf(flag.key, targetingKey)
  let upTo = 0
  for (const { variant, basisPoints } of shares) {
    upTo += basisPoints
    if (place < upTo) return served(flag, variant, 'SPLIT')
  }
  return served(flag, flag.fallback, 'SPLIT')
}

function served(flag: Flag, name: string, reason: Reason): Evaluation {
  const variants = Array.isArray(flag?.variants) ? flag.variants : []
  const variant = variants.find((each) => each.name === name) ?? variants.find((each) => each.name === flag.fallback)
  if (variant !== undefined) return { value: variant.value, variant: variant.name, reason }
  const nothing = { boolean: false, string: '', number: 0 }[flag?.type] ?? false
  return { value: nothing, variant: '', reason: 'ERROR' }
}

/** What does not add up in a flag, all of it. */
export function faultsOf(flag: Flag): string[] {
  const faults: string[] = []
  const names = new Set(flag.variants.map(({ name }) => name))
  if (names.size < flag.variants.length) faults.push('two variants have one name')
  for (const { name, value } of flag.variants)
    if (typeof value !== flag.type || (typeof value === 'number' && !Number.isFinite(value)))
      faults.push(`the variant ${name} is no ${flag.type}`)
  if (!names.has(flag.fallback)) faults.push(`the fallback ${flag.fallback} is none of the variants`)
  const shares = (where: string, given: readonly Share[]) => {
    for (const { variant } of given)
      if (!names.has(variant)) faults.push(`${where} names ${variant}, which is no variant`)
    if (given.reduce((sum, { basisPoints }) => sum + basisPoints, 0) > whole)
      faults.push(`${where} gives away more than ${whole} basis points`)
  }
  shares('otherwise', flag.otherwise)
  for (const rule of flag.rules) {
    shares(`the rule ${rule.name}`, rule.serve)
    if (rule.shopIds === undefined && rule.roles === undefined && rule.countries === undefined)
      faults.push(`the rule ${rule.name} has no condition: that is what otherwise is for`)
  }
  return faults
}
