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
    help: 'Orders hold more units than would be left, or have them set apart. `lines` names for each variant how many can be taken at most.',
  },
  'not-on-shelf': {
    status: 409,
    title: 'Fewer lie on the shelf',
    help: 'More would be taken from a location than lies there. `lines` names how many do.',
  },
  'lot-not-found': {
    status: 404,
    title: 'No such lot',
    help: 'There is no lot with this id in a shop you work for. List the lots of a variant to find it.',
  },
  'lot-differs': {
    status: 409,
    title: 'The lot is known with another expiry',
    help: 'A code stands for goods of one expiry at a location. `expiresOn` says which: use that, or another code.',
  },
  'lot-expired': {
    status: 409,
    title: 'The goods have expired',
    help: 'What may not be handed over any more cannot be taken in for sale. Check the date.',
  },
  'unclear-goods': {
    status: 400,
    title: 'The goods of an order are not clear',
    help: 'Name each variant of an order once, with 1 unit or more. Lines of one variant are added up by whoever asks.',
  },
  'shipment-differs': {
    status: 409,
    title: 'The shipment was issued with other goods',
    help: 'An id stands for one shipment. Nothing was done: give another shipment an id of its own.',
  },
  'more-returned-than-issued': {
    status: 409,
    title: 'More comes back than was issued',
    help: 'The order was not sent that many units of `variantId`, less what came back before. `atMost` says how many.',
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
