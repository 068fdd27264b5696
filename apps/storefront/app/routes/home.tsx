import type { Product } from '@souk/sdk'
import { buttonClass } from '@souk/ui/plain'
import { Link, type LoaderFunctionArgs, useLoaderData } from 'react-router'
import { forEverybody, headersOf, reading } from '../answers.server.ts'
import { perhaps } from '../perhaps.server.ts'
import { langOf } from '../i18n/languages.ts'
import { useWords } from '../i18n/words.tsx'
import { ProductGrid } from '../parts/cards.tsx'
import { Countdown } from '../parts/countdown.tsx'
import { BackIcon, CheckIcon, LockIcon } from '../parts/icons.tsx'
import { PriceTag } from '../parts/money.tsx'
import { Page, Section } from '../parts/page.tsx'
import { Picture } from '../parts/picture.tsx'
import { runtimeContext } from '../runtime.server.ts'
import { saleOf } from '../store.server.ts'

export { headersOf as headers }

export const loader = ({ context, request }: LoaderFunctionArgs) =>
  reading(async () => {
    const { store } = context.get(runtimeContext)
    const [tree, newest, unordered, sales, featured] = await Promise.all([
      perhaps(store.categories(langOf(new URL(request.url).pathname)), []),
      store.products({ sort: 'newest', limit: 60 }),
      perhaps(store.shops(), []),
      perhaps(store.sales(), []),
      perhaps<string[], string[]>(store.featuredShops(), []),
    ])
    // Those operators have chosen come first.
    const shops = [
      ...featured.flatMap((shopId) => unordered.find(({ id }) => id === shopId) ?? []),
      ...unordered.filter(({ id }) => !featured.includes(id)),
    ]
    const fresh = await mixed(newest.items, shops, (shopId) =>
      store.productsBeside({ shopId, sort: 'newest', limit: 3 }),
    )
    const open = sales.filter(({ sale }) => sale.phase !== 'past')
    const first = open.find(({ sale }) => sale.phase === 'running') ?? open[0]
    const others = open.filter((each) => each !== first).slice(0, 4)
    const [firstCard, ...otherCards] = await store.cards([first, ...others].flatMap((each) => each?.product ?? []))
    const leaves = tree.flatMap(({ children }) => children).slice(0, 12)
    const found = await Promise.all(
      leaves.map(({ slug }) =>
        perhaps(store.productsBeside({ sort: 'newest', limit: 6, category: slug }), { items: [] }),
      ),
    )
    // A product may be in two categories; no picture stands for two.
    const used = new Set<string>()
    const tiles = leaves.map(({ slug, title }, at) => {
      const pictures = found[at]?.items.flatMap((product) => product.pictures.slice(0, 1)) ?? []
      const picture = pictures.find(({ url }) => !used.has(url)) ?? pictures[0]
      if (picture !== undefined) used.add(picture.url)
      return { slug, title, picture }
    })
    return forEverybody({
      tiles: tiles.filter(({ picture }) => picture !== undefined),
      newest: await store.cards(fresh),
      shops: shops
        .slice(0, 8)
        .map(({ slug, name, description, banner, logo }) => ({ slug, name, description, picture: banner ?? logo })),
      hero: first && { sale: saleOf(first.sale), card: firstCard },
      others: others.map(({ sale }, at) => ({ sale: saleOf(sale), card: otherCards[at] })),
    })
  })

const shelf = 8

/** The newest, of several shops: one may have filled its shelves just now. */
async function mixed(
  newest: readonly Product[],
  shops: readonly { id: string }[],
  ofShop: (shopId: string) => Promise<{ items: Product[] }>,
): Promise<Product[]> {
  const sets = await Promise.all(shops.slice(0, 12).map(({ id }) => perhaps(ofShop(id), { items: [] })))
  const inTurn = [0, 1, 2].flatMap((at) => sets.flatMap(({ items }) => items[at] ?? []))
  const known = new Set(inTurn.map(({ id }) => id))
  return [...inTurn, ...newest.filter(({ id }) => !known.has(id))].slice(0, shelf)
}

export default function Home() {
  const { tiles, newest, shops, hero, others } = useLoaderData<typeof loader>()
  const { t, to } = useWords()
  const heroPicture = hero?.card?.picture ?? newest[0]?.picture
  return (
    <Page>
      <title>{`${t('site.name')} · ${t('site.claim')}`}</title>
      <meta name="description" content={t('home.lead')} />
      <section className="mt-6 grid overflow-hidden rounded-xl bg-sunken md:mt-8 md:grid-cols-2">
        <div className="flex flex-col justify-center p-6 sm:p-10 lg:p-14">
          <h1 className="display text-[2.1rem] sm:text-5xl lg:text-6xl">{t('home.hero')}</h1>
          <p className="mt-4 max-w-prose text-quiet sm:text-lg">{t('home.lead')}</p>
          <p className="mt-7">
            <Link to={to('/search')} className={buttonClass({ variant: 'primary', size: 'lg' })}>
              {t('home.browse')}
            </Link>
          </p>
        </div>
        <div className="relative min-h-72">
          <Picture
            picture={heroPicture}
            alt=""
            priority
            sizes="(min-width: 48rem) 50vw, 100vw"
            className="absolute inset-0 h-full aspect-auto"
          />
          {hero?.card && (
            <Link
              to={to(`/sale/${hero.sale.id}`)}
              prefetch="intent"
              className="absolute inset-x-4 bottom-4 rounded-lg bg-raised/95 p-4 shadow-popup hover:bg-raised sm:right-auto sm:max-w-sm"
            >
              <span className="text-xs font-semibold tracking-wide text-accent uppercase">
                {t(hero.sale.phase === 'running' ? 'home.now' : 'home.soon')}
              </span>
              <span className="theirs mt-0.5 block font-medium">{hero.card.title}</span>
              <span className="mt-1 flex flex-wrap items-baseline justify-between gap-x-4">
                <PriceTag
                  minor={hero.sale.priceMinor}
                  beforeMinor={hero.card.priceMinor}
                  currency={hero.card.currency}
                />
                <span className="text-sm text-quiet">
                  <Countdown startsAt={hero.sale.startsAt} endsAt={hero.sale.endsAt} />
                </span>
              </span>
            </Link>
          )}
        </div>
      </section>

      {others.length > 0 && (
        <ul className="mt-4 grid gap-4 md:grid-cols-2">
          {others.map(({ sale, card }) =>
            card === undefined ? null : (
              <li key={sale.id} className={others.length === 1 ? 'md:col-span-2' : undefined}>
                <Link
                  to={to(`/sale/${sale.id}`)}
                  prefetch="intent"
                  className="lift group flex items-center gap-4 overflow-hidden rounded-xl bg-accent-soft pr-4 sm:pr-6"
                >
                  <span className="block w-20 shrink-0 overflow-hidden sm:w-24">
                    <Picture picture={card.picture} alt="" sizes="6rem" />
                  </span>
                  <span className="flex min-w-0 flex-1 flex-wrap items-center justify-between gap-x-6 gap-y-0.5 py-2">
                    <span className="min-w-0">
                      <span className="block text-xs font-semibold tracking-wide text-accent-strong uppercase">
                        {t(sale.phase === 'running' ? 'home.now' : 'home.soon')}
                      </span>
                      <span className="theirs block font-medium group-hover:underline">{card.title}</span>
                    </span>
                    <span className="flex flex-wrap items-baseline gap-x-4">
                      <PriceTag minor={sale.priceMinor} beforeMinor={card.priceMinor} currency={card.currency} />
                      <span className="text-sm text-ink">
                        <Countdown startsAt={sale.startsAt} endsAt={sale.endsAt} />
                      </span>
                    </span>
                  </span>
                </Link>
              </li>
            ),
          )}
        </ul>
      )}

      {tiles.length > 0 && (
        <Section title={t('home.categories')}>
          <ul className="grid grid-cols-3 gap-3 sm:grid-cols-4 sm:gap-4 lg:grid-cols-6">
            {tiles.map(({ slug, title, picture }) => (
              <li key={slug}>
                <Link to={to(`/c/${slug}`)} prefetch="intent" className="lift group block">
                  <span className="block overflow-hidden rounded-lg bg-sunken">
                    <Picture picture={picture} alt="" sizes="(min-width: 64rem) 12rem, 33vw" />
                  </span>
                  <span className="theirs mt-2 block text-sm font-medium group-hover:underline">{title}</span>
                </Link>
              </li>
            ))}
          </ul>
        </Section>
      )}

      <Section title={t('home.new')} more="/search?sort=newest">
        <ProductGrid cards={newest} />
      </Section>

      {shops.length > 0 && (
        <Section title={t('home.shops')} more="/s">
          <ul className="grid gap-4 sm:grid-cols-2 lg:grid-cols-4 lg:gap-6">
            {shops.map(({ slug, name, description, picture }) => (
              <li key={slug}>
                <Link to={to(`/s/${slug}`)} prefetch="intent" className="lift group flex gap-4 sm:block">
                  <span className="block w-24 shrink-0 overflow-hidden rounded-lg bg-sunken sm:w-auto">
                    <Picture
                      picture={picture ?? undefined}
                      alt=""
                      sizes="(min-width: 64rem) 18rem, 50vw"
                      className="sm:aspect-4/3"
                    />
                  </span>
                  <span className="min-w-0 sm:mt-3 sm:block">
                    <span className="theirs block font-medium group-hover:underline">{name}</span>
                    <span className="theirs mt-0.5 line-clamp-2 text-sm text-quiet">{description}</span>
                  </span>
                </Link>
              </li>
            ))}
          </ul>
        </Section>
      )}

      <section className="mt-16 grid gap-6 border-t border-line pt-10 sm:grid-cols-3">
        {(
          [
            ['promise', LockIcon],
            ['returns', BackIcon],
            ['pay', CheckIcon],
          ] as const
        ).map(([name, Icon]) => (
          <div key={name} className="flex gap-4">
            <Icon className="mt-0.5 size-6 shrink-0 text-accent" />
            <div>
              <h2 className="font-medium">{t(`home.${name}.title`)}</h2>
              <p className="mt-0.5 text-sm text-quiet">{t(`home.${name}.text`)}</p>
            </div>
          </div>
        ))}
      </section>
    </Page>
  )
}
