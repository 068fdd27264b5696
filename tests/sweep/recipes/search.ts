import { anybody, type Recipes } from './recipe.ts'

export const searchRecipes: Recipes = {
  searchProducts: anybody(200, ({ a: { slug }, category }) => ({
    query: {
      q: 'lamp',
      category: category.slug,
      shop: slug,
      minPriceMinor: 1,
      maxPriceMinor: 9_999,
      currency: 'EUR',
      rating: 1,
      available: true,
      sort: 'price',
      language: 'en',
      limit: 5,
    },
  })),
  suggestSearches: anybody(200, () => ({ query: { q: 'la', limit: 5 } })),
}
