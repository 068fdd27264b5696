import { Link, type LoaderFunctionArgs, useLoaderData } from 'react-router'
import { forEverybody, headersOf, lifeOf, reading } from '../answers.server.ts'
import { useWords } from '../i18n/words.tsx'
import { Countdown } from '../parts/countdown.tsx'
import { PriceTag } from '../parts/money.tsx'
import { Crumbs, Page } from '../parts/page.tsx'
import { Picture } from '../parts/picture.tsx'
import { runtimeContext } from '../runtime.server.ts'
import { saleOf } from '../store.server.ts'

export { headersOf as headers }

export const loader = ({ context }: LoaderFunctionArgs) =>
  reading(async () => {
    const { store } = context.get(runtimeContext)
    const open = (await store.sales()).filter(({ sale }) => sale.phase !== 'past')
    const cards = await store.cards(open.map(({ product }) => product))
    return forEverybody(
      open.map(({ sale }, at) => ({ sale: saleOf(sale), card: cards[at] })),
      lifeOf.sale,
    )
  })

export default function Sales() {
  const sales = useLoaderData<typeof loader>()
  const { t, to } = useWords()
  return (
    <Page>
      <title>{`${t('nav.sales')} · ${t('site.name')}`}</title>
      <Crumbs items={[{ title: t('nav.sales') }]} />
      <h1 className="display text-3xl sm:text-4xl">{t('nav.sales')}</h1>
      {sales.length === 0 && <p className="mt-6 text-quiet">{t('sale.none')}</p>}
      <ul className="mt-8 grid gap-6 md:grid-cols-2">
        {sales.map(({ sale, card }) =>
          card === undefined ? null : (
            <li
              key={sale.id}
              className="lift group relative grid grid-cols-[2fr_3fr] overflow-hidden rounded-xl bg-sunken"
            >
              <div className="overflow-hidden">
                <Picture picture={card.picture} alt="" sizes="(min-width: 48rem) 20vw, 40vw" className="h-full" />
              </div>
              <div className="flex min-w-0 flex-col p-5 sm:p-7">
                <p className="text-xs font-semibold tracking-wide text-accent uppercase">
                  {t(sale.phase === 'running' ? 'home.now' : 'home.soon')}
                </p>
                <h2 className="display theirs mt-1 text-xl sm:text-2xl">
                  <Link
                    to={to(`/sale/${sale.id}`)}
                    prefetch="intent"
                    className="after:absolute after:inset-0 group-hover:underline"
                  >
                    {card.title}
                  </Link>
                </h2>
                <p className="theirs mt-0.5 text-sm text-quiet">{card.shopName}</p>
                <p className="mt-3">
                  <PriceTag minor={sale.priceMinor} beforeMinor={card.priceMinor} currency={card.currency} />
                </p>
                <p className="mt-auto pt-4 text-sm text-quiet">
                  <Countdown startsAt={sale.startsAt} endsAt={sale.endsAt} />
                </p>
              </div>
            </li>
          ),
        )}
      </ul>
    </Page>
  )
}
