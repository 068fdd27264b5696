import type { BucketTables } from '@souk/service'

export const catalogBuckets: BucketTables = {
  tables: {
    // The marketplace's; each database has a copy.
    categories: 'stays',
    // A copy too, but for whether products of the shop have to be listed anew.
    shops: { ofShop: 'shop_id', replaces: true },
    products: { ofId: 'product_id' },
    variants: { ofId: 'variant_id' },
    listings: { ofId: 'product_id' },
    prices: { ofId: 'variant_id' },
    sale_windows: {
      ofId: 'sale_window_id',
      unique: { column: 'request_key', among: ['created_by_account_id', 'request_key'] },
    },
  },
}
