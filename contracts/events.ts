import { defineEvent, type EventType } from '@souk/events'
import { CartCheckedOutSchema } from './gen/souk/carts_pb.js'
import { ProductChangedSchema, SaleWindowChangedSchema } from './gen/souk/catalog_pb.js'
import { ConsentChangedSchema, CustomerChangedSchema } from './gen/souk/customers_pb.js'
import { AccountClosedSchema, AccountRegisteredSchema, SignInFailuresExceededSchema } from './gen/souk/identity_pb.js'
import { StockChangedSchema, StockRanLowSchema } from './gen/souk/inventory_pb.js'
import { MessageFailedSchema, MessagesSentSchema } from './gen/souk/notifications_pb.js'
import {
  OrderCancelledSchema,
  OrderConfirmedSchema,
  OrderDeliveredSchema,
  OrderPlacedSchema,
  OrderReturnedSchema,
  OrderShippedSchema,
  OrdersImportedSchema,
} from './gen/souk/orders_pb.js'
import {
  PaymentCapturedSchema,
  PaymentFailedSchema,
  PaymentInitiatedSchema,
  PaymentRefundedSchema,
  PaymentsAuthorisedAtOnceSchema,
  PaymentsAuthorisedSchema,
} from './gen/souk/payments_pb.js'
import { RatingChangedSchema } from './gen/souk/reviews_pb.js'
import { FlagChangedSchema, SettingChangedSchema } from './gen/souk/settings_pb.js'
import { ShopChangedSchema } from './gen/souk/shops_pb.js'

// What each means and when it is emitted stands with its message in proto/souk; docs/events.md shows it all together.

export const accountRegistered = defineEvent({
  type: 'identity.account_registered',
  topic: 'identity.account',
  schemaVersion: 1,
  message: AccountRegisteredSchema,
  keyOf: (event) => event.accountId,
})

export const accountClosed = defineEvent({
  type: 'identity.account_closed',
  topic: 'identity.account',
  schemaVersion: 1,
  message: AccountClosedSchema,
  keyOf: (event) => event.accountId,
})

export const signInFailuresExceeded = defineEvent({
  type: 'identity.sign_in_failures_exceeded',
  topic: 'identity.security',
  schemaVersion: 1,
  message: SignInFailuresExceededSchema,
  keyOf: (event) => event.accountId,
})

export const shopChanged = defineEvent({
  type: 'shops.shop_changed',
  topic: 'shops.shop',
  schemaVersion: 1,
  message: ShopChangedSchema,
  keyOf: (event) => event.shopId,
})

export const productChanged = defineEvent({
  type: 'catalog.product_changed',
  topic: 'catalog.product',
  schemaVersion: 1,
  message: ProductChangedSchema,
  keyOf: (event) => event.productId,
})

export const saleWindowChanged = defineEvent({
  type: 'catalog.sale_window_changed',
  topic: 'catalog.sale',
  schemaVersion: 1,
  message: SaleWindowChangedSchema,
  keyOf: (event) => event.saleWindowId,
})

export const stockChanged = defineEvent({
  type: 'inventory.stock_changed',
  topic: 'inventory.stock',
  schemaVersion: 1,
  message: StockChangedSchema,
  keyOf: (event) => event.variantId,
})

export const stockRanLow = defineEvent({
  type: 'inventory.stock_ran_low',
  topic: 'inventory.stock',
  schemaVersion: 1,
  message: StockRanLowSchema,
  keyOf: (event) => event.variantId,
})

export const orderPlaced = defineEvent({
  type: 'orders.order_placed',
  topic: 'orders.order',
  schemaVersion: 1,
  message: OrderPlacedSchema,
  keyOf: (event) => event.orderId,
})

export const orderConfirmed = defineEvent({
  type: 'orders.order_confirmed',
  topic: 'orders.order',
  schemaVersion: 1,
  message: OrderConfirmedSchema,
  keyOf: (event) => event.orderId,
})

export const orderCancelled = defineEvent({
  type: 'orders.order_cancelled',
  topic: 'orders.order',
  schemaVersion: 1,
  message: OrderCancelledSchema,
  keyOf: (event) => event.orderId,
})

export const orderShipped = defineEvent({
  type: 'orders.order_shipped',
  topic: 'orders.order',
  schemaVersion: 1,
  message: OrderShippedSchema,
  keyOf: (event) => event.orderId,
})

export const orderDelivered = defineEvent({
  type: 'orders.order_delivered',
  topic: 'orders.order',
  schemaVersion: 1,
  message: OrderDeliveredSchema,
  keyOf: (event) => event.orderId,
})

export const orderReturned = defineEvent({
  type: 'orders.order_returned',
  topic: 'orders.order',
  schemaVersion: 1,
  message: OrderReturnedSchema,
  keyOf: (event) => event.orderId,
})

export const ordersImported = defineEvent({
  type: 'orders.orders_imported',
  topic: 'orders.import',
  schemaVersion: 1,
  message: OrdersImportedSchema,
  keyOf: (event) => event.shopId,
})

export const paymentsAuthorisedAtOnce = defineEvent({
  type: 'payments.payments_authorised_at_once',
  topic: 'payments.payment',
  schemaVersion: 1,
  message: PaymentsAuthorisedAtOnceSchema,
  keyOf: (event) => event.shopId,
})

export const paymentsAuthorised = defineEvent({
  type: 'payments.payments_authorised',
  topic: 'payments.payment',
  schemaVersion: 1,
  message: PaymentsAuthorisedSchema,
  keyOf: (event) => event.shopId,
})

export const paymentInitiated = defineEvent({
  type: 'payments.payment_initiated',
  topic: 'payments.payment',
  schemaVersion: 1,
  message: PaymentInitiatedSchema,
  keyOf: (event) => event.shopId,
})

export const paymentFailed = defineEvent({
  type: 'payments.payment_failed',
  topic: 'payments.payment',
  schemaVersion: 1,
  message: PaymentFailedSchema,
  keyOf: (event) => event.shopId,
})

export const paymentCaptured = defineEvent({
  type: 'payments.payment_captured',
  topic: 'payments.payment',
  schemaVersion: 1,
  message: PaymentCapturedSchema,
  keyOf: (event) => event.shopId,
})

export const paymentRefunded = defineEvent({
  type: 'payments.payment_refunded',
  topic: 'payments.payment',
  schemaVersion: 1,
  message: PaymentRefundedSchema,
  keyOf: (event) => event.shopId,
})

export const messageFailed = defineEvent({
  type: 'notifications.message_failed',
  topic: 'notifications.message',
  schemaVersion: 1,
  message: MessageFailedSchema,
  keyOf: (event) => event.customerId,
})

export const messagesSent = defineEvent({
  type: 'notifications.messages_sent',
  topic: 'notifications.delivery',
  schemaVersion: 1,
  message: MessagesSentSchema,
  keyOf: (event) => event.batchId,
})

export const ratingChanged = defineEvent({
  type: 'reviews.rating_changed',
  topic: 'reviews.rating',
  schemaVersion: 1,
  message: RatingChangedSchema,
  keyOf: (event) => event.productId,
})

export const settingChanged = defineEvent({
  type: 'settings.setting_changed',
  topic: 'settings.setting',
  schemaVersion: 1,
  message: SettingChangedSchema,
  keyOf: (event) => `${event.ownerId}/${event.key}`,
})

export const flagChanged = defineEvent({
  type: 'settings.flag_changed',
  topic: 'settings.flag',
  schemaVersion: 1,
  message: FlagChangedSchema,
  keyOf: (event) => event.flagKey,
})

export const customerChanged = defineEvent({
  type: 'customers.customer_changed',
  topic: 'customers.customer',
  schemaVersion: 1,
  message: CustomerChangedSchema,
  keyOf: (event) => event.customerId,
})

export const consentChanged = defineEvent({
  type: 'customers.consent_changed',
  topic: 'customers.customer',
  schemaVersion: 1,
  message: ConsentChangedSchema,
  keyOf: (event) => event.customerId,
})

export const cartCheckedOut = defineEvent({
  type: 'carts.cart_checked_out',
  topic: 'carts.checkout',
  schemaVersion: 1,
  message: CartCheckedOutSchema,
  keyOf: (event) => event.checkoutId,
})

/** Every kind of event there is. */
export const allEvents: readonly EventType[] = [
  accountRegistered,
  accountClosed,
  signInFailuresExceeded,
  shopChanged,
  productChanged,
  saleWindowChanged,
  stockChanged,
  stockRanLow,
  orderPlaced,
  orderConfirmed,
  orderCancelled,
  orderShipped,
  orderDelivered,
  orderReturned,
  ordersImported,
  paymentsAuthorisedAtOnce,
  paymentsAuthorised,
  paymentInitiated,
  paymentFailed,
  paymentCaptured,
  paymentRefunded,
  messageFailed,
  messagesSent,
  ratingChanged,
  settingChanged,
  flagChanged,
  customerChanged,
  consentChanged,
  cartCheckedOut,
]
