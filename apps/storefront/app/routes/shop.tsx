import { Badge } from '@souk/ui/plain'
import { type LoaderFunctionArgs, useLoaderData } from 'react-router'
import { forEverybody, headersOf, lifeOf, notFound, reading } from '../answers.server.ts'
import { useWords } from '../i18n/words.tsx'
import { ProductGrid } from '../parts/cards.tsx'
import { MorePages, SortBy } from '../parts/lists.tsx'
import { Crumbs, Page } from '../parts/page.tsx'
import { Picture } from '../parts/picture.tsx'
import { ShopSaid } from '../parts/said.tsx'
import { runtimeContext } from '../runtime.server.ts'
import { shopSays } from '../set.ts'

export { headersOf as headers }

const sorts = ['newest', 'price', 'price-desc', 'title'] as const

export const loader = ({ context, params, request }: LoaderFunctionArgs) =>
  reading(async () => {
    const { store } = context.get(runtimeContext)
    const { searchParams } = new URL(request.url)
    const shop = await store.shopBySlug(params.slug ?? '')
    if (shop.status !== 'open') throw notFound()
    const sort = sorts.find((each) => each === searchParams.get('sort')) ?? 'newest'
    const cursor = searchParams.get('after')?.slice(0, 500)
    const says = shopSays(await store.shopSettings(shop.id), new Date().toISOString().slice(0, 10))
    const found = await store.products({ shopId: shop.id, sort, limit: 24, ...(cursor && { cursor }) })
    const { name, description, country, verification, banner, logo, websiteUrl, supportEmail } = shop
    return forEverybody(
      {
        shop: {
          name,
          description,
          country,
          verified: verification === 'verified',
          picture: banner ?? logo,
          websiteUrl,
          supportEmail,
        },
        says,
        cards: (await store.cards(found.items)).map((card) => ({ ...card, shopName: undefined })),
        next: found.nextCursor,
        first: !cursor,
        sort,
      },
      lifeOf.list,
    )
  })

/** Only addresses a browser cannot run something by. */
const isLink = (url: string) => /^https?:\/\//i.test(url) && URL.canParse(url)

export default function ShopPage() {
  const { shop, says, cards, next, first, sort } = useLoaderData<typeof loader>()
  const { t, locale } = useWords()
  const country = new Intl.DisplayNames(locale, { type: 'region' }).of(shop.country)
  return (
    <Page>
      <title>{`${shop.name} · ${t('site.name')}`}</title>
      <meta name="description" content={shop.description.slice(0, 160)} />
      <Crumbs items={[{ title: t('nav.shops'), path: '/s' }, { title: shop.name }]} />
      <ShopSaid {...says} className="mb-4" />
      <header className="grid overflow-hidden rounded-xl bg-sunken md:grid-cols-[2fr_3fr]">
        <Picture
          picture={shop.picture ?? undefined}
          alt=""
          priority
          sizes="(min-width: 48rem) 40vw, 100vw"
          className="aspect-16/9 h-full md:aspect-4/3"
        />
        <div className="flex flex-col justify-center p-6 sm:p-10">
          <p className="flex flex-wrap items-center gap-3 text-sm text-quiet">
            {country}
            {shop.verified && <Badge tone="good">{t('shop.verified')}</Badge>}
          </p>
          <h1 className="display theirs mt-2 text-3xl sm:text-5xl">{shop.name}</h1>
          <p className="theirs mt-4 max-w-prose text-quiet">{shop.description}</p>
          <p className="mt-4 flex flex-wrap gap-x-5 text-sm">
            {shop.websiteUrl !== null && isLink(shop.websiteUrl) && (
              <a
                href={shop.websiteUrl}
                rel="nofollow noopener noreferrer"
                target="_blank"
                className="theirs py-1 text-accent hover:underline"
              >
                {t('shop.website')}
              </a>
            )}
            {shop.supportEmail !== null && (
              <a
                href={`mailto:${encodeURIComponent(shop.supportEmail)}`}
                className="theirs py-1 text-accent hover:underline"
              >
                {t('shop.write')}
              </a>
            )}
          </p>
        </div>
      </header>
      <div className="mt-12 mb-6 flex flex-wrap items-end justify-between gap-4">
        <h2 className="display text-2xl sm:text-3xl">{t('shop.goods')}</h2>
        <SortBy value={sort} options={sorts} />
      </div>
      <ProductGrid cards={cards} />
      <MorePages next={next} first={first} />
    </Page>
  )
}
