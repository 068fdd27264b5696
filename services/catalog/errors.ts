import { defineErrors } from '@souk/errors'

export const catalogErrors = defineErrors({
  'product-not-found': {
    status: 404,
    title: 'No such product',
    help: 'There is no product or variant with this id, it is not on show, or it is not yours to manage.',
  },
  'catalog-shop-not-found': {
    status: 404,
    title: 'No such shop for products',
    help: 'The shop does not exist, or its products are not yours to manage.',
  },
  'catalog-shop-closed': {
    status: 409,
    title: 'The shop is closed',
    help: 'A closed shop takes no new products or sales.',
  },
  'product-slug-taken': {
    status: 409,
    title: 'This address is taken',
    help: 'Another product of the shop has this slug. Choose another, or leave it out to have one made from the title.',
  },
  'sku-taken': { status: 409, title: 'This SKU is taken', help: 'A SKU names one variant of a shop. Choose another.' },
  'product-move-refused': {
    status: 409,
    title: 'Not possible in this state',
    help: 'An archived product must be restored to draft before it can be put on show.',
  },
  'variants-do-not-fit': {
    status: 422,
    title: 'Variants and options do not fit',
    help: 'Every variant has one value for each option of its product, no two variants have the same values, and there is one variant at least.',
  },
  'currency-mismatch': { status: 422, title: 'Another currency', help: 'All prices of a shop are in its `currency`.' },
  'unknown-category': {
    status: 422,
    title: 'No such category',
    help: '`categoryId` names the one that does not exist.',
  },
  'category-not-found': { status: 404, title: 'No such category', help: 'There is no category with this id or slug.' },
  'category-slug-taken': { status: 409, title: 'This address is taken', help: 'Another category has this slug.' },
  'category-too-deep': { status: 422, title: 'Too deep', help: 'The tree of categories has six levels at most.' },
  'sale-not-found': {
    status: 404,
    title: 'No such sale',
    help: 'There is no sale window with this id, or it is not yours to manage.',
  },
  'sale-price-not-lower': {
    status: 422,
    title: 'The sale price must be lower',
    help: 'A sale is cheaper than the ordinary price: `regularPriceMinor`. The same holds when the ordinary price is lowered before or during a sale.',
  },
  'sale-times-impossible': {
    status: 422,
    title: 'These times will not do',
    help: 'A sale ends after it starts, not in the past, within 90 days of starting, and starts within a year.',
  },
  'sale-overlaps': {
    status: 409,
    title: 'The variant is on sale then',
    help: 'A variant has one sale at a time; `saleWindowId` names the one in the way.',
  },
  'sale-units-missing': {
    status: 409,
    title: 'Not enough units for this sale',
    help: '`remaining` says how many units may still be set aside. Nothing was planned.',
  },
  'sale-move-refused': {
    status: 409,
    title: 'Not possible in this state',
    help: 'The sale has moved on, or is still being settled; read it again.',
  },
  'sale-key-mismatch': {
    status: 422,
    title: 'This key was used for another sale',
    help: 'The Idempotency-Key was sent before with another body. Use a new key for a new sale.',
  },
  'sale-unsettled': {
    status: 503,
    title: 'Not known yet whether the units are set aside',
    help: 'Orders could not be reached. Send the same request with the same Idempotency-Key, or look at the sale later: it is settled by itself.',
  },
})
