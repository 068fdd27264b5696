import { unique } from '../world.ts'
import { etagOf, freshProduct, freshSale, newSale, stockedProduct } from './fresh.ts'
import { anybody, keeper, operator, type Recipes } from './recipe.ts'

const described = (categoryId: string) => ({
  title: 'Cup',
  slug: `cup-${unique()}`,
  description: 'For tea.\nOr coffee.',
  tags: ['kitchen'],
  categoryIds: [categoryId],
  options: [{ name: 'Colour', values: ['Red', 'Blue'] }],
  pictures: [{ url: 'https://souk.example/cup.png', alt: 'A cup' }],
})
const newVariant = (colour: string) => ({
  sku: `CUP-${unique()}`,
  options: { Colour: colour },
  priceMinor: 2_500,
  weightGrams: 300,
  active: true,
})

export const catalogRecipes: Recipes = {
  createProduct: keeper('catalog')(201, ({ a: { shopId }, category }) => ({
    body: { shopId, ...described(category.id), status: 'draft', variants: [newVariant('Red')] },
  })),
  listProducts: anybody(200, ({ a: { shopId }, category }) => ({
    query: {
      limit: 5,
      shopId,
      query: 'cup',
      category: category.slug,
      tag: 'kitchen',
      status: 'active',
      minPriceMinor: 1,
      maxPriceMinor: 9_999,
      currency: 'EUR',
      sort: 'price',
    },
  })),
  getProduct: anybody(200, ({ a: { productId } }) => ({ params: { productId } })),
  editProduct: keeper('catalog')(200, async (world) => {
    const { productId } = await freshProduct(world)
    const headers = await etagOf(world, world.a.staff.catalog, `/v1/products/${productId}`)
    return { params: { productId }, body: { ...described(world.category.id), status: 'active' }, headers }
  }),
  getProductBySlug: anybody(200, ({ a: { slug, productSlug } }) => ({ params: { shopSlug: slug, slug: productSlug } })),
  getProducts: anybody(200, ({ a: { productId } }) => ({ body: { ids: [productId] } })),
  archiveProduct: keeper('catalog')(200, async (world) => ({
    params: { productId: (await freshProduct(world)).productId },
  })),
  addVariant: keeper('catalog')(201, async (world) => {
    const { productId } = await freshProduct(world)
    const headers = await etagOf(world, world.a.staff.catalog, `/v1/products/${productId}`)
    return { params: { productId }, body: newVariant('Blue'), headers }
  }),
  editVariant: keeper('catalog')(200, async (world) => {
    const product = await freshProduct(world)
    const headers = await etagOf(world, world.a.staff.catalog, `/v1/products/${product.productId}`)
    return {
      params: product,
      body: { sku: `CUP-${unique()}`, options: { Colour: 'Blue' }, weightGrams: 350, active: true },
      headers,
    }
  }),
  setPrice: keeper('catalog')(200, async (world) => ({
    params: await freshProduct(world),
    body: { priceMinor: 2_600, currency: 'EUR' },
  })),
  listPrices: keeper('catalog')(200, ({ a: { productId, variantId } }) => ({
    params: { productId, variantId },
    query: { limit: 5 },
  })),
  listCategories: anybody(200),
  createCategory: operator(201, ({ category }) => ({
    body: { slug: `sub-${unique()}`, title: 'Sub', titles: { de: 'Darunter' }, parentId: category.id, position: 1 },
  })),
  getCategory: anybody(200, ({ category }) => ({ params: { slug: category.slug } })),
  editCategory: operator(200, async (world) => ({
    params: { categoryId: world.category.id },
    body: { title: 'Goods', titles: { de: 'Waren' }, position: 2 },
    headers: await etagOf(world, world.operator, `/v1/categories/${world.category.slug}`),
  })),
  planSale: keeper('catalog')(201, async (world) => ({ body: newSale(await stockedProduct(world)) })),
  listSales: anybody(200, ({ a: { shopId } }) => ({ query: { limit: 5, when: 'running', shopId } })),
  getSale: anybody(200, ({ a: { saleWindowId } }) => ({ params: { saleWindowId } })),
  getSaleRemaining: anybody(200, ({ a: { saleWindowId } }) => ({ params: { saleWindowId } })),
  cancelSale: keeper('catalog')(200, async (world) => ({ params: { saleWindowId: await freshSale(world) } })),
  listFlashSales: anybody(200, () => ({ query: { limit: 5 } })),
}
