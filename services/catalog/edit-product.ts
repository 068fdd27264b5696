import { bucketOf, type Tx } from '@souk/postgres'
import { catalogErrors } from './errors.ts'
import { moveTo, type Option, type Picture, type Product, type ProductStatus, type Variant } from './product.ts'
import { liveSalesOf } from './sales.sql.ts'
import {
  type By,
  changeProduct,
  type NewVariant,
  newVariant,
  productNotFound,
  type WriteDeps,
} from './write-products.ts'

export type ProductChange = {
  title?: string
  slug?: string
  description?: string
  status?: ProductStatus
  tags?: string[]
  categoryIds?: string[]
  options?: Option[]
  pictures?: Picture[]
  taxClass?: string
}

/** Fields left out stay as they are. */
export const editProduct = (
  deps: WriteDeps,
  tx: Tx,
  productId: string,
  ifVersion: number,
  change: ProductChange,
  by: By,
): Promise<Product> =>
  changeProduct(deps, tx, productId, ifVersion, by, (product) => ({
    ...product,
    ...change,
    status: moveTo(product.status, change.status ?? product.status),
    tags: [...new Set(change.tags ?? product.tags)],
    categoryIds: [...new Set(change.categoryIds ?? product.categoryIds)],
  }))

/** Take a product off show, for good unless it is restored. Archiving one that is archived changes nothing but its version. */
export const archiveProduct = (deps: WriteDeps, tx: Tx, productId: string, by: By): Promise<Product> =>
  changeProduct(deps, tx, productId, undefined, by, (product) => ({
    ...product,
    status: moveTo(product.status, 'archived'),
  }))

/** A product has 100 variants at most: it is read and announced whole. */
export const maxVariants = 100

export const addVariant = (
  deps: WriteDeps,
  tx: Tx,
  productId: string,
  ifVersion: number,
  given: NewVariant,
  by: By,
): Promise<Product> =>
  changeProduct(deps, tx, productId, ifVersion, by, (product, now) => {
    if (product.variants.length >= maxVariants)
      throw catalogErrors.error('variants-do-not-fit', `A product has ${maxVariants} variants at most.`)
    return {
      ...product,
      variants: [...product.variants, newVariant(given, product.options, now, bucketOf(product.shopId))],
    }
  })

export type VariantChange = { sku?: string; options?: Record<string, string>; active?: boolean; weightGrams?: number }

export const editVariant = (
  deps: WriteDeps,
  tx: Tx,
  productId: string,
  variantId: string,
  ifVersion: number,
  change: VariantChange,
  by: By,
): Promise<Product> =>
  changeProduct(deps, tx, productId, ifVersion, by, (product) =>
    withVariant(product, variantId, (variant) => ({ ...variant, ...change })),
  )

/**
 * Set the price of a variant; the last one wins, and the history keeps them all. The same price again is no new version of it.
 * @throws product-not-found; sale-price-not-lower when a sale planned for it would no longer be one
 */
export const setPrice = (
  deps: WriteDeps,
  tx: Tx,
  productId: string,
  variantId: string,
  priceMinor: number,
  ifVersion: number | undefined,
  by: By,
): Promise<Product> =>
  changeProduct(deps, tx, productId, ifVersion, by, async (product, now) => {
    const changed = withVariant(product, variantId, (variant) => ({ ...variant, priceMinor }))
    const inTheWay = (await liveSalesOf(tx, variantId, now)).find((sale) => sale.priceMinor >= priceMinor)
    if (inTheWay !== undefined)
      throw catalogErrors.error(
        'sale-price-not-lower',
        'A sale of this variant is not cheaper than that. Call it off first.',
        {
          saleWindowId: inTheWay.saleWindowId,
          regularPriceMinor: priceMinor,
        },
      )
    return changed
  })

function withVariant(product: Product, variantId: string, change: (variant: Variant) => Variant): Product {
  if (!product.variants.some((variant) => variant.variantId === variantId)) throw productNotFound(variantId)
  return {
    ...product,
    variants: product.variants.map((variant) => (variant.variantId === variantId ? change(variant) : variant)),
  }
}
