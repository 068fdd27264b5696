import { defineErrors } from '@souk/errors'

export const searchErrors = defineErrors({
  'search-category-not-found': {
    status: 404,
    title: 'No such category',
    help: 'There is no category with this slug. GET /v1/categories has those there are.',
  },
  'search-shop-not-found': {
    status: 404,
    title: 'No such shop',
    help: 'There is no open shop with this id or slug.',
  },
  'search-unavailable': {
    status: 503,
    title: 'Search is not available right now',
    help: 'The index could not be asked in time. Products can still be listed with GET /v1/products; try again in some seconds.',
  },
})
