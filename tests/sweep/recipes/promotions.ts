import { unique, type World } from '../world.ts'
import { etagOf } from './fresh.ts'
import { anybody, keeper, operator, type Recipes, shopper } from './recipe.ts'

const catalog = keeper('catalog')
const settings = keeper('settings')

const voucher = ({ a: { productId }, category }: World) => ({
  code: `V-${unique()}`.slice(0, 40),
  title: 'Ten off',
  kind: 'percent',
  percent: 10,
  minimumMinor: 0,
  productIds: [productId],
  categoryIds: [category.id],
  uses: 100,
  usesPerCustomer: 1,
  endsAt: new Date(Date.now() + 3_600_000).toISOString(),
})
const discount = ({ a: { productId }, category }: World) => ({
  title: 'Three for less',
  kind: 'amount',
  amountMinor: 100,
  currency: 'EUR',
  minimumQuantity: 3,
  productIds: [productId],
  categoryIds: [category.id],
  active: false,
})
const rate = {
  name: 'Parcel',
  names: { de: 'Paket' },
  method: 'express',
  countries: ['FR'],
  priceMinor: 990,
  currency: 'EUR',
  fromGrams: 0,
  toGrams: 5_000,
  freeFromMinor: 9_900,
}

/** Made for one call, which uses it up. */
const fresh = async (world: World, what: 'vouchers' | 'discounts' | 'shipping-rates', body: object) => {
  const { shopId, owner } = world.a
  return (await world.do<{ id: string }>(owner, 'POST', `/v1/shops/${shopId}/${what}`, body)).id
}

export const promotionRecipes: Recipes = {
  createVoucher: catalog(201, (world) => ({ params: { shopId: world.a.shopId }, body: voucher(world) })),
  listVouchers: catalog(200, ({ a: { shopId } }) => ({ params: { shopId }, query: { limit: 5 } })),
  getVoucher: catalog(200, ({ a: { shopId, voucherId } }) => ({ params: { shopId, voucherId } })),
  editVoucher: catalog(200, async (world) => {
    const { shopId, productId } = world.a
    const voucherId = await fresh(world, 'vouchers', voucher(world))
    return {
      params: { shopId, voucherId },
      headers: { 'if-match': '"1"' },
      body: {
        title: 'Ten off today',
        uses: 50,
        minimumMinor: 0,
        productIds: [productId],
        categoryIds: [world.category.id],
      },
    }
  }),
  removeVoucher: catalog(204, async (world) => ({
    params: { shopId: world.a.shopId, voucherId: await fresh(world, 'vouchers', voucher(world)) },
  })),
  createDiscount: catalog(201, (world) => ({ params: { shopId: world.a.shopId }, body: discount(world) })),
  listDiscounts: catalog(200, ({ a: { shopId } }) => ({ params: { shopId } })),
  getDiscount: catalog(200, ({ a: { shopId, discountId } }) => ({ params: { shopId, discountId } })),
  replaceDiscount: catalog(200, async (world) => ({
    params: { shopId: world.a.shopId, discountId: await fresh(world, 'discounts', discount(world)) },
    headers: { 'if-match': '"1"' },
    body: { ...discount(world), minimumQuantity: 4 },
  })),
  removeDiscount: catalog(204, async (world) => ({
    params: { shopId: world.a.shopId, discountId: await fresh(world, 'discounts', discount(world)) },
  })),
  createShippingRate: settings(201, ({ a: { shopId } }) => ({ params: { shopId }, body: rate })),
  listShippingRates: anybody(200, ({ a: { shopId } }) => ({ params: { shopId } })),
  replaceShippingRate: settings(200, async (world) => ({
    params: { shopId: world.a.shopId, rateId: await fresh(world, 'shipping-rates', rate) },
    headers: { 'if-match': '"1"' },
    body: { ...rate, priceMinor: 890 },
  })),
  removeShippingRate: settings(204, async (world) => ({
    params: { shopId: world.a.shopId, rateId: await fresh(world, 'shipping-rates', rate) },
  })),
  listTaxRates: anybody(200),
  setTaxRates: operator(200, () => ({
    params: { country: 'AT' },
    body: { rates: [{ taxClass: 'standard', label: 'VAT 20 %', labels: { de: 'MwSt. 20 %' }, basisPoints: 2_000 }] },
  })),
  getPricingSettings: settings(200, ({ a: { shopId } }) => ({ params: { shopId } })),
  setPricingSettings: settings(200, async (world) => ({
    params: { shopId: world.a.shopId },
    headers: await etagOf(world, world.a.owner, `/v1/shops/${world.a.shopId}/pricing-settings`),
    body: {
      collectsTax: true,
      pricesIncludeTax: true,
      country: 'DE',
      requiresDelivery: false,
      minorPerPoint: 100,
    },
  })),
  quote: anybody(200, ({ a: { variantId, voucherCode } }) => ({
    body: {
      lines: [{ variantId, quantity: 2 }],
      voucherCodes: [voucherCode],
      language: 'de',
      delivery: { method: 'standard', country: 'DE', postalCode: '10115' },
    },
  })),
  getLoyalty: shopper(200, () => ({ query: { limit: 5 } })),
}
