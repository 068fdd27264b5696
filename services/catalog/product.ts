import { createHash } from 'node:crypto'
import { catalogErrors } from './errors.ts'

/** Every legal move of a product. Only an active one is shown and sold. */
export const productTransitions = {
  draft: { publish: 'active', archive: 'archived' },
  active: { withdraw: 'draft', archive: 'archived' },
  archived: { restore: 'draft' },
} as const satisfies Record<string, Partial<Record<ProductAction, string>>>

export type ProductStatus = keyof typeof productTransitions
export type ProductAction = 'publish' | 'withdraw' | 'archive' | 'restore'
export const productStatuses = Object.keys(productTransitions) as ProductStatus[]

/** What it takes to bring a product there; staying where it is takes nothing. @throws product-move-refused */
export function moveTo(from: ProductStatus, to: ProductStatus): ProductStatus {
  if (from !== to && !Object.values<ProductStatus>(productTransitions[from]).includes(to))
    throw catalogErrors.error('product-move-refused', `A product that is ${from} cannot become ${to}.`, { from, to })
  return to
}

export type Option = { name: string; values: string[] }
export type Picture = { url: string; alt: string }

export type Variant = {
  variantId: string
  sku: string
  /** "Blue / Large"; empty for the only one. */
  title: string
  options: Record<string, string>
  priceMinor: number
  priceVersion: number
  active: boolean
  /** Of one unit as it is sent; 0 when not known. */
  weightGrams: number
}

export type Product = {
  productId: string
  shopId: string
  version: number
  slug: string
  title: string
  description: string
  status: ProductStatus
  tags: string[]
  categoryIds: string[]
  options: Option[]
  pictures: Picture[]
  currency: string
  /** "standard", "reduced", or what else the marketplace has rates for. */
  taxClass: string
  variants: Variant[]
  createdAt: Date
  changedAt: Date
}

const unfit = (detail: string) => catalogErrors.error('variants-do-not-fit', detail)

/** @throws variants-do-not-fit */
export function checkVariants(options: readonly Option[], variants: readonly Pick<Variant, 'sku' | 'options'>[]): void {
  if (variants.length === 0) throw unfit('A product has one variant at least.')
  if (new Set(options.map(({ name }) => name)).size < options.length) throw unfit('Two options have the same name.')
  const seen = new Map<string, string>()
  const skus = new Set<string>()
  for (const { sku, options: chosen } of variants) {
    if (skus.has(sku)) throw unfit(`Two variants have the SKU ${sku}.`)
    skus.add(sku)
    if (Object.keys(chosen).length !== options.length)
      throw unfit(`${sku} must have one value for each option, and no other.`)
    for (const { name, values } of options)
      if (!Object.hasOwn(chosen, name) || !values.includes(chosen[name] as string))
        throw unfit(`${sku} has no known value for ${name}.`)
    const combination = JSON.stringify(options.map(({ name }) => chosen[name]))
    const twin = seen.get(combination)
    if (twin !== undefined) throw unfit(`${sku} and ${twin} have the same values.`)
    seen.set(combination, sku)
  }
}

/** "Blue / Large" */
export const variantTitle = (options: readonly Option[], chosen: Readonly<Record<string, string>>): string =>
  options.map(({ name }) => chosen[name] ?? '').join(' / ')

/** Of the cheapest variant for sale, or of the cheapest at all when none is. */
export function priceFrom(variants: readonly Pick<Variant, 'priceMinor' | 'active'>[]): number {
  const forSale = variants.filter((variant) => variant.active)
  return Math.min(...(forSale.length > 0 ? forSale : variants).map((variant) => variant.priceMinor))
}

/** What titles are sorted by. Whole characters, so that none of four bytes is cut in half. */
export const titleKeyOf = (title: string): string =>
  Array.from(title.normalize('NFKC').toLowerCase().replace(/\s+/gu, ' ').trim()).slice(0, 40).join('')

/** "Ümlaut & Söhne" → "umlaut-sohne"; a title without a Latin letter gets `fallback`. */
export const slugOf = (title: string, fallback: string): string =>
  title
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, 80)
    .replace(/^-+|-+$/g, '') || fallback

export const slugPattern = '^[a-z0-9](?:[a-z0-9-]{0,88}[a-z0-9])?$'

/** The facet a tag is listed under. Tags differing in case alone are one. */
export function tagFacet(tag: string): string {
  const hash = createHash('md5')
    .update(`tag ${tag.normalize('NFKC').toLowerCase()}`)
    .digest('hex')
  return `${hash.slice(0, 8)}-${hash.slice(8, 12)}-${hash.slice(12, 16)}-${hash.slice(16, 20)}-${hash.slice(20)}`
}

/** Where a product is listed: under its categories, all that contain them, and its tags. */
export const facetsOf = (
  tags: readonly string[],
  categories: readonly { ancestorIds: readonly string[] }[],
): string[] => [...new Set([...categories.flatMap((category) => category.ancestorIds), ...tags.map(tagFacet)])]
