/**
 * Who calls whom. A service may call what stands beside its name here and nothing else: the certificate it shows says who
 * it is, and the server looks here (packages/rpc/server.ts). Kept true by tests/tidy: every contract a service asks its
 * directory for stands here, and nothing else does.
 */
export const callers: Readonly<Record<string, readonly string[]>> = {
  analytics: ['souk.orders.SoldService'],
  carts: [
    'souk.catalog.CatalogService',
    'souk.customers.CustomerService',
    'souk.orders.AllotmentService',
    'souk.orders.CheckoutService',
    'souk.promotions.PricingService',
    'souk.shops.ShopService',
  ],
  catalog: ['souk.orders.SaleService', 'souk.shops.ShopService'],
  customers: [
    'souk.media.MediaService',
    'souk.carts.PersonalDataService',
    'souk.identity.PersonalDataService',
    'souk.media.PersonalDataService',
    'souk.notifications.PersonalDataService',
    'souk.orders.PersonalDataService',
    'souk.payments.PersonalDataService',
    'souk.promotions.PersonalDataService',
    'souk.reviews.PersonalDataService',
    'souk.settings.PersonalDataService',
  ],
  identity: ['souk.settings.SettingsService'],
  inventory: ['souk.catalog.CatalogService', 'souk.orders.AllotmentService'],
  media: [],
  notifications: ['souk.catalog.CatalogService', 'souk.shops.ShopService'],
  orders: [
    'souk.catalog.CatalogService',
    'souk.identity.IdentityService',
    'souk.inventory.AssignmentService',
    'souk.notifications.MessageService',
    'souk.payments.PaymentService',
    'souk.promotions.PricingService',
    'souk.settings.SettingsService',
    'souk.shops.ShopService',
  ],
  payments: ['souk.shops.ShopService'],
  promotions: [
    'souk.catalog.CatalogService',
    'souk.orders.CheckoutService',
    'souk.orders.OrderService',
    'souk.orders.PromotionTermsService',
  ],
  reviews: [],
  search: ['souk.catalog.CatalogService', 'souk.orders.AllotmentService'],
  settings: ['souk.shops.ShopService'],
  shops: ['souk.identity.IdentityService', 'souk.orders.SaleService'],
}

/** Whoever answers customers must be able to tell who they are. */
const forEverybody: ReadonlySet<string> = new Set([
  'souk.identity.IdentityService/GetKeySet',
  'souk.identity.IdentityService/VerifyApiKey',
  'souk.identity.IdentityService/ListRevoked',
])

/** People with a certificate of their own: they may look at everything and change nothing. */
export const operatorName = 'operator'
/** The single entry has no data: it only recognises callers. */
export const gatewayName = 'gateway'

type Method = { readonly parent: { readonly typeName: string }; readonly name: string; readonly idempotency: number }

const noSideEffects = 1

/** @param caller as its certificate names it. */
export function mayCall(caller: string, method: Method): boolean {
  const contract = method.parent.typeName
  if (caller === operatorName) return method.idempotency === noSideEffects
  const isService = Object.hasOwn(callers, caller)
  if (forEverybody.has(`${contract}/${method.name}`)) return caller === gatewayName || isService
  return isService && (callers[caller]?.includes(contract) ?? false)
}

/** The service whose contract this is: "orders" of "souk.orders.SaleService". */
export const ownerOf = (contract: string): string => contract.split('.')[1] ?? ''

/** Services that these must reach: the owners of what they call, and identity, which knows who customers are. */
export const neededBy = (services: readonly string[]): string[] =>
  [...new Set(['identity', ...services.flatMap((service) => (callers[service] ?? []).map(ownerOf))])].sort()
