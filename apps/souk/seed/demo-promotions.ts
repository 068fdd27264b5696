import type { Principal } from '@souk/http'
import type { DemoMarketplace } from '../demo/index.ts'
import type { Desk } from '../desk.ts'

type Items<Item> = { items: Item[] }

/** Tax, and what shops add to their prices and take off them. Whatever is there already stays as it is. */
export async function stockPromotions(
  desk: Desk,
  as: Principal,
  demo: DemoMarketplace,
  shopIds: ReadonlyMap<string, string>,
): Promise<void> {
  const known = await desk.call<Items<{ country: string }>>('listTaxRates', { as })
  for (const { country, rates } of demo.taxRates)
    if (!known.items.some((one) => one.country === country))
      await desk.call('setTaxRates', { as, params: { country }, body: { rates } })
  for (const { shopKey, settings, shippingRates, discounts, vouchers } of demo.rules) {
    const params = { shopId: shopIds.get(shopKey) as string }
    const { version } = await desk.call<{ version: number }>('getPricingSettings', { as, params })
    if (version === 0) await desk.call('setPricingSettings', { as, params, body: settings, ifMatch: '"0"' })
    const rates = await desk.call<Items<{ name: string; countries: string[] }>>('listShippingRates', { as, params })
    for (const body of shippingRates)
      if (!rates.items.some(({ name, countries }) => name === body.name && countries.join() === body.countries.join()))
        await desk.call('createShippingRate', { as, params, body })
    const off = await desk.call<Items<{ title: string }>>('listDiscounts', { as, params })
    for (const body of discounts)
      if (!off.items.some(({ title }) => title === body.title)) await desk.call('createDiscount', { as, params, body })
    const codes = await desk.call<Items<{ code: string }>>('listVouchers', { as, params, query: { limit: 100 } })
    for (const body of vouchers)
      if (!codes.items.some(({ code }) => code === body.code)) await desk.call('createVoucher', { as, params, body })
  }
}
