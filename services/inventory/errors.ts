import { defineErrors } from '@souk/errors'

export const errors = defineErrors({
  'stock-item-not-found': {
    status: 404,
    title: 'No such product or variant',
    help: 'There is none with this id in a shop you work for. A product made a moment ago may need a second to arrive.',
  },
  'location-not-found': {
    status: 404,
    title: 'No such location',
    help: 'The shop has no location with this id. List its locations, or leave it out for the default one.',
  },
  'location-exists': {
    status: 409,
    title: 'A location of this name exists',
    help: 'Names of locations are unique within a shop, whatever their case. Choose another.',
  },
  'already-promised': {
    status: 409,
    title: 'These units are promised to customers',
    help: 'Orders hold more units than would be left. `lines` names for each variant how many can be taken at most.',
  },
  'not-on-shelf': {
    status: 409,
    title: 'Fewer lie on the shelf',
    help: 'More would be taken from a location than lies there. `lines` names how many do.',
  },
  'too-many-units': {
    status: 409,
    title: 'More units than can be kept',
    help: 'A variant can have 1,000,000,000 units on hand at most.',
  },
  'unclear-stock-lines': {
    status: 400,
    title: 'The lines are not clear',
    help: 'Name each variant once, at one location; `onHand` alone is for products with one variant.',
  },
  'stock-transfer-pending': {
    status: 503,
    title: 'Orders has not answered yet',
    help: 'The change is recorded and waits for the orders service. It is settled as soon as that answers; read the stock.',
  },
  'stock-busy': {
    status: 503,
    title: 'The stock is changing',
    help: 'Other changes of the same variants have not come to their end. Nothing was done: repeat the request.',
  },
})
