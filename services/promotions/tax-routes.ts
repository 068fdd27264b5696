import { etag, httpErrors, ok, type Route, route, versionFrom } from '@souk/http'
import { Type } from 'typebox'
import {
  changeRules,
  closed,
  Country,
  line,
  names,
  orNull,
  requireDuty,
  type RouteDeps,
  ShopParams,
  tag,
  unfit,
} from './edge.ts'
import { plainSettings, type TaxRate } from './rules.ts'
import { findSettings, replaceTaxRates, type StoredSettings, taxRatesOf, updateSettings } from './shop-rules.sql.ts'
import { tellOrders } from './tell-orders.ts'

const rate = {
  taxClass: Type.String({ pattern: '^[a-z][a-z-]{0,19}$', description: 'Of products: standard, reduced, …' }),
  label: line(1, 40, 'As invoices show it: VAT 19 %.'),
  labels: names(40),
  basisPoints: Type.Integer({ minimum: 0, maximum: 10_000, description: '1900 is 19 %.' }),
}
const RateBody = Type.Object({ ...rate, labels: Type.Optional(rate.labels) }, closed)
const CountryView = Type.Object({ country: Country, rates: Type.Array(Type.Object(rate, closed)) }, closed)

const settings = {
  collectsTax: Type.Boolean({ description: 'The shop collects tax, and its orders show it.' }),
  pricesIncludeTax: Type.Boolean({ description: 'In its prices; otherwise it is added to them.' }),
  country: Type.String({
    pattern: '^(?:[A-Z]{2})?$',
    description: 'Where goods that are not sent are handed over; whose tax they bear. Empty: not said.',
  }),
  requiresDelivery: Type.Boolean({ description: 'An order must say where it goes.' }),
  minorPerPoint: orNull(
    Type.Integer({ minimum: 1, maximum: 1_000_000_000 }),
    'What earns a customer one point: 100 is a point for each euro. Null: the shop gives none.',
  ),
}
const SettingsBody = Type.Object(settings, closed)
const SettingsView = Type.Object({ version: Type.Integer(), ...settings }, closed)

const settingsView = (given: StoredSettings | undefined) => ({
  version: given?.version ?? 0,
  collectsTax: given?.collectsTax ?? plainSettings.collectsTax,
  pricesIncludeTax: given?.pricesIncludeTax ?? plainSettings.pricesIncludeTax,
  country: given?.country ?? plainSettings.country,
  requiresDelivery: given?.requiresDelivery ?? plainSettings.requiresDelivery,
  minorPerPoint: given?.minorPerPoint ?? null,
})

const byCountry = (rates: readonly TaxRate[]) =>
  [...Map.groupBy(rates, ({ country }) => country)].map(([country, own]) => ({
    country,
    rates: own.map(({ taxClass, label, labels, basisPoints }) => ({ taxClass, label, labels, basisPoints })),
  }))

export function taxRoutes(deps: RouteDeps): Route[] {
  const { shards, db } = deps
  return [
    route({
      method: 'GET',
      url: '/v1/tax-rates',
      operationId: 'listTaxRates',
      summary: 'Rates of tax, by country',
      tag,
      access: 'public',
      answers: { 200: Type.Object({ items: Type.Array(CountryView) }, closed) },
      handle: async () => ok({ items: byCountry(await taxRatesOf(db.autocommit, null)) }),
    }),
    route({
      method: 'PUT',
      url: '/v1/tax-rates/:country',
      operationId: 'setTaxRates',
      summary: 'Set the rates of a country',
      description: 'All of them, instead of those it had; none: no tax is charged there. Orders placed keep theirs.',
      tag,
      access: { permission: 'operator' },
      params: Type.Object({ country: Country }, closed),
      body: Type.Object({ rates: Type.Array(RateBody, { maxItems: 20 }) }, closed),
      answers: { 200: CountryView },
      errors: ['promotion-does-not-fit'],
      handle(request) {
        const { country } = request.params
        const rates = request.body.rates.map((given) => ({ ...given, labels: given.labels ?? {} }))
        if (new Set(rates.map(({ taxClass }) => taxClass)).size < rates.length)
          throw unfit('A tax class has one rate in a country.')
        return request.once(db, async (tx) => {
          await replaceTaxRates(tx, country, rates)
          return ok({ country, rates })
        })
      },
    }),
    route({
      method: 'GET',
      url: '/v1/shops/:shopId/pricing-settings',
      operationId: 'getPricingSettings',
      summary: 'How a shop handles tax, delivery and points',
      tag,
      access: { duty: 'settings' },
      params: ShopParams,
      answers: { 200: SettingsView },
      errors: ['promotion-shop-not-found'],
      async handle({ params: { shopId }, me }) {
        requireDuty(me, shopId, 'settings')
        const view = settingsView(await findSettings(shards.ofOwner(shopId).db.autocommit, shopId))
        return ok(view, etag(view.version))
      },
    }),
    route({
      method: 'PUT',
      url: '/v1/shops/:shopId/pricing-settings',
      operationId: 'setPricingSettings',
      summary: 'Say how the shop handles tax, delivery and points',
      description: 'Holds for orders placed from the answer on. Send the ETag you read as If-Match.',
      tag,
      access: { duty: 'settings' },
      params: ShopParams,
      body: SettingsBody,
      answers: { 200: SettingsView },
      errors: ['promotion-shop-not-found', 'version-mismatch', 'precondition-required', 'promotion-does-not-fit'],
      async handle(request) {
        const { shopId } = request.params
        requireDuty(request.me, shopId, 'settings')
        const ifVersion = versionFrom(request.headers['if-match'])
        if (request.body.collectsTax && request.body.country === '')
          throw unfit('A shop that collects tax says in which `country` it is.')
        const answer = await request.once(shards.ofOwner(shopId).db, (tx) =>
          changeRules(tx, deps, shopId, async (before) => {
            if (before.version !== ifVersion)
              throw httpErrors.error('version-mismatch', `The settings have version ${before.version} by now.`, {
                version: before.version,
              })
            const after = { ...before, ...request.body, version: before.version + 1 }
            await updateSettings(tx, after)
            return ok(settingsView(after), etag(after.version))
          }),
        )
        await tellOrders(deps, shopId)
        return answer
      },
    }),
  ]
}
