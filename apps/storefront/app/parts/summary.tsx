import type { QuoteResponse } from '@souk/sdk'
import type { Cart } from '../cart.server.ts'
import { useWords } from '../i18n/words.tsx'
import { Money } from './money.tsx'

/** What is ordered and what it costs, shop by shop, to the last minor unit. Without a quote: the goods alone. */
export function Summary({ cart, quote }: { cart: Cart; quote: QuoteResponse | undefined }) {
  const { t } = useWords()
  const totals = new Map<string, number>()
  return (
    <div className="mt-4 space-y-6">
      {cart.shops.map((shop) => {
        const priced = quote?.shops.find(({ shopId }) => shopId === shop.shopId)
        const total = priced?.totalMinor ?? shop.subtotalMinor
        totals.set(shop.currency, (totals.get(shop.currency) ?? 0) + total)
        return (
          <section key={shop.shopId} className="text-sm">
            <h3 className="theirs font-medium">{shop.name}</h3>
            <ul className="mt-1.5 space-y-1">
              {shop.items.map((item) => (
                <li key={item.variantId} className="flex justify-between gap-4 text-quiet">
                  <span className="theirs">
                    {item.quantity} × {item.title}
                  </span>
                  <Money minor={item.totalMinor} currency={item.currency} className="shrink-0" />
                </li>
              ))}
              {priced?.adjustments.map(({ kind, label, amountMinor, code }) => (
                <li key={`${kind} ${label} ${code ?? ''}`} className="flex justify-between gap-4">
                  <span className="theirs">{label}</span>
                  <Money
                    minor={amountMinor}
                    currency={shop.currency}
                    className={amountMinor < 0 ? 'shrink-0 text-good' : 'shrink-0'}
                  />
                </li>
              ))}
              {priced?.taxes
                .filter(({ included }) => included)
                .map(({ label, taxMinor }) => (
                  <li key={label} className="flex justify-between gap-4 text-xs text-quiet">
                    <span className="theirs">{t('checkout.tax-included', { label })}</span>
                    <Money minor={taxMinor} currency={shop.currency} className="shrink-0" />
                  </li>
                ))}
            </ul>
          </section>
        )
      })}
      <dl className="border-t border-line pt-4">
        {[...totals].map(([currency, minor]) => (
          <div key={currency} className="flex items-baseline justify-between gap-4">
            <dt className="font-semibold">{t('checkout.total')}</dt>
            <dd className="text-xl font-semibold">
              <Money minor={minor} currency={currency} />
            </dd>
          </div>
        ))}
      </dl>
    </div>
  )
}
