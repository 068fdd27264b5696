import { ifMatch, isProblem, type Product } from '@souk/sdk'
import { souk } from '../souk.ts'
import type { ReadProduct, ReadVariant } from './product-csv.ts'

const slugs = new Map<string, string>()

/** Make the product, or change the one with its address so that it says what was read. */
export async function putProduct(shopId: string, read: ReadProduct): Promise<'made' | 'changed' | 'same'> {
  const known = await find(shopId, read.slug)
  if (known === undefined) {
    const { status, variants, ...about } = read
    const made = await souk.createProduct({
      body: {
        shopId,
        ...about,
        status: status === 'archived' ? 'draft' : status,
        options: optionsIn(variants),
        variants,
      },
    })
    if (status === 'archived') await souk.archiveProduct({ path: { productId: made.id } })
    return 'made'
  }
  const patch = {
    ...(known.title !== read.title && { title: read.title }),
    ...(known.description !== read.description && { description: read.description }),
    ...(known.status !== read.status && { status: read.status }),
    ...(known.tags.join('\0') !== read.tags.join('\0') && { tags: read.tags }),
  }
  const path = { productId: known.id }
  let now = known
  if (Object.keys(patch).length > 0) now = await souk.editProduct({ path, body: patch, ...ifMatch(now.version) })
  for (const variant of read.variants) now = await putVariant(now, variant)
  return now === known ? 'same' : 'changed'
}

async function putVariant(product: Product, { sku, options, priceMinor, active }: ReadVariant): Promise<Product> {
  const known = product.variants.find((variant) => variant.sku === sku)
  const guard = ifMatch(product.version)
  if (known === undefined)
    return souk.addVariant({ path: { productId: product.id }, body: { sku, options, priceMinor, active }, ...guard })
  const path = { productId: product.id, variantId: known.id }
  let now = product
  if (known.active !== active) now = await souk.editVariant({ path, body: { active }, ...guard })
  if (known.priceMinor !== priceMinor)
    now = await souk.setPrice({ path, body: { priceMinor, currency: product.currency } })
  return now
}

async function find(shopId: string, slug: string): Promise<Product | undefined> {
  let shopSlug = slugs.get(shopId)
  if (shopSlug === undefined) {
    shopSlug = (await souk.getShop({ path: { shopId } })).slug
    slugs.set(shopId, shopSlug)
  }
  try {
    return await souk.getProductBySlug({ path: { shopSlug, slug } })
  } catch (error) {
    if (isProblem(error) && error.status === 404) return undefined
    throw error
  }
}

/** The names variants differ by, with every value they have. */
function optionsIn(variants: readonly ReadVariant[]): { name: string; values: string[] }[] {
  const found = new Map<string, Set<string>>()
  for (const { options } of variants)
    for (const [name, value] of Object.entries(options)) found.set(name, (found.get(name) ?? new Set()).add(value))
  return [...found].map(([name, values]) => ({ name, values: [...values] }))
}
