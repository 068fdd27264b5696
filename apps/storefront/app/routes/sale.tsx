import { Button, buttonClass } from '@souk/ui/plain'
import { useEffect, useState } from 'react'
import { Link, type LoaderFunctionArgs, useLoaderData, useLocation } from 'react-router'
import { forEverybody, headersOf, lifeOf, reading } from '../answers.server.ts'
import { perhaps } from '../perhaps.server.ts'
import { productPath } from '../cards.ts'
import { useWords } from '../i18n/words.tsx'
import { BuyNow } from '../parts/buy-now.tsx'
import { Countdown, phaseAt, useNow } from '../parts/countdown.tsx'
import { PriceTag } from '../parts/money.tsx'
import { Crumbs, Page } from '../parts/page.tsx'
import { Picture } from '../parts/picture.tsx'
import { useHint } from '../parts/use-hint.ts'
import { runtimeContext } from '../runtime.server.ts'
import { saleOf } from '../store.server.ts'

export { headersOf as headers }

export const loader = ({ context, params }: LoaderFunctionArgs) =>
  reading(async () => {
    const { store } = context.get(runtimeContext)
    const sale = await store.sale(params.saleId ?? '')
    const [product, shop, units] = await Promise.all([
      store.product(sale.productId),
      store.shop(sale.shopId),
      // The page stays up when orders cannot be asked; the browser asks again each second.
      perhaps(store.remaining(sale.id), undefined),
    ])
    const variant = product.variants.find(({ id }) => id === sale.variantId)
    return forEverybody(
      {
        sale: saleOf(sale),
        currency: sale.currency,
        beforeMinor: variant?.priceMinor,
        product: {
          id: product.id,
          slug: product.slug,
          title: product.title,
          description: product.description,
          picture: product.pictures[0],
        },
        shop: { name: shop.name, slug: shop.slug },
        remaining: units?.remaining,
        units: units?.units ?? sale.units,
      },
      lifeOf.sale,
    )
  })

type Live = { remaining: number; units: number; ended: boolean; now: string }

/** What is left, asked each second while somebody looks; with the server's clock, because a phone's may be wrong. */
function useLive(saleId: string): { live: Live | undefined; aheadMs: number } {
  const [live, setLive] = useState<Live>()
  const [aheadMs, setAhead] = useState(0)
  useEffect(() => {
    let over = false
    async function ask() {
      if (over || document.hidden) return
      const sentAt = Date.now()
      const answer = await fetch(`/live/sale/${saleId}`).catch(() => undefined)
      if (over || !answer?.ok) return
      const found = (await answer.json()) as Live
      setLive(found)
      // Answers are kept for a second: closer than that the clocks cannot be set.
      const ahead = Date.parse(found.now) - (sentAt + Date.now()) / 2
      setAhead(Math.abs(ahead) > 3_000 ? ahead : 0)
    }
    void ask()
    const timer = setInterval(() => void ask(), 1_000)
    return () => {
      over = true
      clearInterval(timer)
    }
  }, [saleId])
  return { live, aheadMs }
}

export default function SalePage() {
  const { sale, currency, beforeMinor, product, shop, remaining: first, units: all } = useLoaderData<typeof loader>()
  const { t, to } = useWords()
  const { pathname } = useLocation()
  const hint = useHint()
  const { live, aheadMs } = useLive(sale.id)
  const now = useNow(0)
  const phase = now === 0 ? sale.phase : phaseAt(now + aheadMs, sale.startsAt, sale.endsAt)
  const remaining = live?.remaining ?? first
  const units = live?.units || all
  const gone = remaining === 0 && phase === 'running'
  return (
    <Page>
      <title>{`${product.title} · ${t('nav.sales')} · ${t('site.name')}`}</title>
      <Crumbs items={[{ title: t('nav.sales'), path: '/sales' }, { title: product.title }]} />
      <div className="grid gap-8 md:grid-cols-2 lg:gap-14">
        <div className="overflow-hidden rounded-xl bg-sunken max-md:-mx-4 max-md:rounded-none">
          <Picture
            picture={product.picture}
            alt={product.picture?.alt || product.title}
            priority
            sizes="(min-width: 48rem) 50vw, 100vw"
            className="max-md:aspect-4/3"
          />
        </div>
        <div className="min-w-0">
          <p className="text-sm font-semibold tracking-wide text-accent uppercase">
            {t(phase === 'running' ? 'sale.running' : phase === 'upcoming' ? 'home.soon' : 'sale.over')}
          </p>
          <h1 className="display theirs mt-1 text-3xl sm:text-5xl">{product.title}</h1>
          <Link to={to(`/s/${shop.slug}`)} className="theirs mt-1 inline-block py-1 text-sm text-quiet hover:underline">
            {t('product.by', { shop: shop.name })}
          </Link>
          <p className="mt-3">
            {phase === 'past' ? (
              <PriceTag size="lg" minor={beforeMinor ?? sale.priceMinor} currency={currency} />
            ) : (
              <PriceTag size="lg" minor={sale.priceMinor} beforeMinor={beforeMinor} currency={currency} />
            )}
          </p>
          {phase !== 'past' && (
            <p className="mt-6 text-quiet">
              <Countdown large startsAt={sale.startsAt} endsAt={sale.endsAt} />
            </p>
          )}
          {remaining !== undefined && phase !== 'past' && (
            <div className="mt-6 max-w-md">
              <p className="flex justify-between text-sm">
                <span className="font-medium" role="status">
                  {gone ? t('sale.gone') : t('sale.left', { count: remaining, units })}
                </span>
                {sale.capPerCustomer > 0 && (
                  <span className="text-quiet">{t('sale.cap', { count: sale.capPerCustomer })}</span>
                )}
              </p>
              <div className="mt-2 h-2 overflow-hidden rounded-full bg-line" aria-hidden="true">
                <div
                  className="h-full rounded-full bg-accent transition-[width] duration-700"
                  style={{ width: `${units > 0 ? Math.min(100, (remaining / units) * 100) : 0}%` }}
                />
              </div>
            </div>
          )}
          <div className="mt-7 max-w-md">
            {phase === 'past' ? (
              <Link to={to(productPath(product))} className={buttonClass({ variant: 'primary', size: 'lg' })}>
                {t('sale.usual-price')}
              </Link>
            ) : hint !== undefined && hint.name === undefined ? (
              <>
                <Link
                  to={`${to('/sign-in')}?next=${encodeURIComponent(pathname)}`}
                  className={`${buttonClass({ variant: 'primary', size: 'lg' })} w-full`}
                >
                  {t('sale.sign-in')}
                </Link>
                {phase === 'upcoming' && <p className="mt-2 text-sm text-quiet">{t('sale.sign-in-hint')}</p>}
              </>
            ) : (
              <div className="with-script">
                <BuyNow
                  saleId={sale.id}
                  productId={product.id}
                  variantId={sale.variantId}
                  open={phase === 'running'}
                  gone={gone}
                />
              </div>
            )}
            {phase !== 'past' && (
              <noscript>
                <form method="post" action={to('/cart')}>
                  <input type="hidden" name="intent" value="add" />
                  <input type="hidden" name="variantId" value={sale.variantId} />
                  <input type="hidden" name="quantity" value="1" />
                  <Button type="submit" variant="primary" size="lg" className="w-full">
                    {t('product.add')}
                  </Button>
                </form>
                <p className="mt-2 text-sm text-quiet">{t('sale.no-script')}</p>
              </noscript>
            )}
          </div>
          <p className="theirs mt-8 max-w-prose border-t border-line pt-6 whitespace-pre-line text-quiet">
            {product.description}
          </p>
        </div>
      </div>
    </Page>
  )
}
