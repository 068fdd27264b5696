import { type Operation, spotsOf, withValueAt } from './document.ts'
import type { Sample } from './recipes/index.ts'
import type { Shop } from './world.ts'

/**
 * What stands for shop B, its people and its customer, by the name of the parameter: what everybody may know of it first,
 * then what nobody else may. A name that is not here fails the sweep: is it somebody's, or everybody's?
 */
const theirs: Readonly<Record<string, (b: Shop) => string[]>> = {
  shopId: (b) => [b.shopId, b.hiddenShopId],
  productId: (b) => [b.productId, b.draftId],
  variantId: (b) => [b.variantId, b.draftVariantId],
  ids: (b) => [b.productId, b.draftId],
  saleWindowId: (b) => [b.saleWindowId, b.cancelledSaleId],
  locationId: (b) => [b.locationId],
  lotId: (b) => [b.lotId],
  accountId: (b) => [b.customer.accountId, b.staff.catalog.accountId],
  sessionId: (b) => [b.sessionId],
  keyId: (b) => [b.keyId],
  orderId: (b) => [b.orderId, b.sentOrderId],
  shipmentId: (b) => [b.shipmentId],
  returnId: (b) => [b.returnId],
  // One for each order, under its id.
  paymentId: (b) => [b.orderId],
  customerId: (b) => [b.customer.accountId],
  customerIds: (b) => [b.customer.accountId],
  messageId: (b) => [b.orderId],
  addressId: (b) => [b.addressId],
  cartId: (b) => [b.cartId],
  checkoutId: (b) => [b.checkoutId],
  reviewId: (b) => [b.reviewId],
  mediaId: (b) => [b.mediaId],
  voucherId: (b) => [b.voucherId],
  discountId: (b) => [b.discountId],
  rateId: (b) => [b.rateId],
  productIds: (b) => [b.productId, b.draftId],
  shopIds: (b) => [b.shopId, b.hiddenShopId],
  slug: (b) => [b.hiddenSlug, b.draftSlug],
  shopSlug: (b) => [b.slug, b.hiddenSlug],
}

/** Of the whole marketplace: there is nobody to keep them from. */
const everybodys = new Set([
  'letterId',
  'afterId',
  'provider',
  'kind',
  'key',
  'flagKey',
  // Signed by the provider, who alone can name it.
  'receiveTwilioReceipt message',
  'jobId',
  'purpose',
  'categoryId',
  'categoryIds',
  'parentId',
  'getCategory slug',
  'category',
  // Which size of a picture.
  'getPicture file',
  // Of tax.
  'country',
])

/** Names chosen by whoever sends them, not looked up; a slug in a body is one. */
const chosen = (operation: Operation, name: string) => name === 'slug' && operation.body !== undefined

export type Attack = { what: string; sample: Sample }

/** The sample with each of its ids replaced by each of theirs, one at a time, and with all of them replaced. */
export function foreignSamples(operation: Operation, sample: Sample, b: Shop): Attack[] {
  const attacks: Attack[] = []
  const replaced: { set: (into: Sample, value: string) => Sample; values: string[] }[] = []
  const add = (name: string, set: (into: Sample, value: string) => Sample) => {
    if (everybodys.has(name) || everybodys.has(`${operation.operationId} ${name}`)) return
    const values = theirs[name]?.(b)
    if (values === undefined)
      throw new Error(`${operation.operationId} takes ${name}: say in foreign-ids.ts whose that is`)
    replaced.push({ set, values })
    for (const value of values) attacks.push({ what: `${name} ${value}`, sample: set(sample, value) })
  }
  for (const { name, in: place, schema } of operation.parameters) {
    if (place === 'path') add(name, (into, value) => ({ ...into, params: { ...into.params, [name]: value } }))
    else if (place === 'query' && (schema.format === 'uuid' || name === 'category') && name !== 'cursor')
      add(name, (into, value) => ({ ...into, query: { ...into.query, [name]: value } }))
  }
  if (operation.body !== undefined)
    for (const { at, schema } of spotsOf(operation.body, sample.body)) {
      if (schema.format !== 'uuid') continue
      const name = String(at.findLast((step) => typeof step === 'string'))
      if (!chosen(operation, name)) add(name, (into, value) => ({ ...into, body: withValueAt(into.body, at, value) }))
    }
  if (replaced.length > 1)
    for (const index of [0, 1])
      attacks.push({
        what: `everything theirs, ${index === 0 ? 'known' : 'hidden'}`,
        sample: replaced.reduce((into, { set, values }) => set(into, values[index] ?? values[0] ?? ''), sample),
      })
  return attacks
}

/** Ids of a body that the sample leaves out would go untried. */
export function untriedIds(operation: Operation, sample: Sample): string[] {
  if (operation.body === undefined) return []
  const tried = new Set([...spotsOf(operation.body, sample.body)].map(({ at }) => at.filter(isName).join('.')))
  return idsIn(operation.body).filter((path) => !tried.has(path) && !atHand.has(`${operation.operationId} ${path}`))
}

/** The same ids stand elsewhere in the same body, which takes one or the other. */
const atHand = new Set(['setProductInventory locationId'])

const isName = (step: string | number): step is string => typeof step === 'string'

function idsIn(schema: NonNullable<Operation['body']>, path = ''): string[] {
  const within = (inner: NonNullable<Operation['body']>, name = '') =>
    idsIn(inner, [path, name].filter(Boolean).join('.'))
  return [
    ...(schema.format === 'uuid' ? [path] : []),
    ...(schema.anyOf ?? []).flatMap((each) => within(each)),
    ...(schema.items === undefined ? [] : within(schema.items)),
    ...Object.entries(schema.properties ?? {}).flatMap(([name, inner]) => within(inner, name)),
  ]
}
