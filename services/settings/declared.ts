import type { Flag } from './flag.ts'

const words = (...names: string[]) => names.map((name) => ({ name, value: name }))
const onOff = [
  { name: 'on', value: true },
  { name: 'off', value: false },
]
const everybody = (variant: string) => [{ variant, basisPoints: 10_000 }]

/** Flags the program itself asks about. They are there from the first start, and hold as they stand here until then. */
export const declaredFlags: readonly Flag[] = [
  {
    key: 'price-intelligence',
    description:
      'Live: shopkeepers see beside their price what others in the marketplace ask for the like. Static: only the prices they set themselves.',
    type: 'string',
    variants: words('static', 'live'),
    fallback: 'static',
    enabled: true,
    exposed: true,
    rules: [],
    otherwise: everybody('static'),
  },
  {
    key: 'ai-order-parsing',
    description:
      'Who is to read orders written as free text: a model, or the simple reader and a person. Nothing asks for it yet.',
    type: 'string',
    variants: words('manual', 'model'),
    fallback: 'manual',
    enabled: true,
    exposed: false,
    rules: [],
    otherwise: everybody('manual'),
  },
  {
    key: 'risk-assessment',
    description: 'Whether orders are to be given a risk score before they are accepted. Nothing asks for it yet.',
    type: 'string',
    variants: words('skip', 'rules'),
    fallback: 'skip',
    enabled: true,
    exposed: false,
    rules: [],
    otherwise: everybody('rules'),
  },
  {
    key: 'storefront-reviews',
    description: 'Whether the pages of products show what buyers say.',
    type: 'boolean',
    variants: onOff,
    fallback: 'on',
    enabled: true,
    exposed: true,
    rules: [],
    otherwise: everybody('on'),
  },
  {
    key: 'storefront-recommendations',
    description: 'Whether the pages of products recommend others of their category, the best rated first.',
    type: 'boolean',
    variants: onOff,
    fallback: 'off',
    enabled: true,
    exposed: true,
    rules: [],
    otherwise: everybody('on'),
  },
]

const byKey = new Map(declaredFlags.map((flag) => [flag.key, flag]))
export const declaredFlag = (key: string): Flag | undefined => byKey.get(key)

/** Variants the program knows by value and would miss; undefined when none is gone. */
export function missingOfDeclared(flag: Flag): string | undefined {
  const declared = byKey.get(flag.key)
  if (declared === undefined) return undefined
  if (declared.type !== flag.type) return `it is a ${declared.type}`
  const gone = declared.variants.find(
    ({ name, value }) => !flag.variants.some((variant) => variant.name === name && variant.value === value),
  )
  return gone && `the program knows its variant ${gone.name}`
}
