import type { Tx } from '@souk/postgres'
import type { Rules } from './price-basket.ts'
import type { Asked } from './price-order.ts'
import { plainSettings } from './rules.ts'
import { discountsOf, ratesOf, settingsOf, taxRatesOf } from './shop-rules.sql.ts'
import { vouchersByCode } from './vouchers.sql.ts'

export type RulesOfShop = { rules: Rules; version: number }

const unique = (values: readonly string[]) => [...new Set(values)]

/**
 * The rules that matter for each of these baskets, one per basket and in their order. Five statements at most, however many
 * baskets of however many shops; what nobody asks for (rates without an address, tax where none is collected) is not read.
 */
export async function readRules(tx: Tx, asked: readonly Asked[]): Promise<RulesOfShop[]> {
  const shopIds = unique(asked.map(({ shopId }) => shopId))
  const settings = new Map((await settingsOf(tx, shopIds)).map((own) => [own.shopId, own]))
  const codes = unique(asked.flatMap((one) => one.codes))
  const sending = unique(asked.filter(({ destination }) => destination !== undefined).map(({ shopId }) => shopId))
  const taxedIn = asked.map(({ shopId, destination }) => {
    const own = settings.get(shopId)
    return own?.collectsTax === true ? (destination?.country ?? own.country) : undefined
  })
  const countries = unique(taxedIn.filter((country) => country !== undefined))
  const [discounts, vouchers, rates, taxRates] = await Promise.all([
    discountsOf(tx, shopIds),
    codes.length === 0 ? [] : vouchersByCode(tx, shopIds, codes),
    sending.length === 0 ? [] : ratesOf(tx, sending),
    countries.length === 0 ? [] : taxRatesOf(tx, countries),
  ])
  const discountsByShop = Map.groupBy(discounts, ({ shopId }) => shopId)
  const vouchersByShop = Map.groupBy(vouchers, ({ shopId }) => shopId)
  const ratesByShop = Map.groupBy(rates, ({ shopId }) => shopId)
  const taxesByCountry = Map.groupBy(taxRates, ({ country }) => country)
  return asked.map((one, index) => ({
    rules: {
      settings: settings.get(one.shopId) ?? plainSettings,
      discounts: discountsByShop.get(one.shopId) ?? [],
      vouchers: (vouchersByShop.get(one.shopId) ?? []).filter(({ code }) => one.codes.includes(code)),
      rates: one.destination === undefined ? [] : (ratesByShop.get(one.shopId) ?? []),
      taxRates: taxesByCountry.get(taxedIn[index] ?? '') ?? [],
    },
    version: settings.get(one.shopId)?.rulesVersion ?? 0,
  }))
}
