import { Link, type LoaderFunctionArgs, useLoaderData } from 'react-router'
import { forEverybody, headersOf, lifeOf, notFound, reading } from '../answers.server.ts'
import { langOf } from '../i18n/languages.ts'
import { useWords } from '../i18n/words.tsx'
import { ProductGrid } from '../parts/cards.tsx'
import { MorePages, SortBy } from '../parts/lists.tsx'
import { Crumbs, Page } from '../parts/page.tsx'
import { runtimeContext } from '../runtime.server.ts'
import { wayTo } from '../store.server.ts'

export { headersOf as headers }

const sorts = ['newest', 'title'] as const

export const loader = ({ context, params, request }: LoaderFunctionArgs) =>
  reading(async () => {
    const { store } = context.get(runtimeContext)
    const { pathname, searchParams } = new URL(request.url)
    const slug = params.slug ?? ''
    const way = wayTo(await store.categories(langOf(pathname)), slug)
    if (way === undefined) throw notFound()
    const sort = sorts.find((each) => each === searchParams.get('sort')) ?? 'newest'
    const cursor = searchParams.get('after')?.slice(0, 500)
    const found = await store.products({ category: slug, sort, limit: 24, ...(cursor && { cursor }) })
    const here = way.at(-1)
    return forEverybody(
      {
        way: way.map(({ slug, title }) => ({ slug, title })),
        below: here?.children.map(({ slug, title }) => ({ slug, title })) ?? [],
        cards: await store.cards(found.items),
        next: found.nextCursor,
        first: !cursor,
        sort,
      },
      lifeOf.list,
    )
  })

export default function CategoryPage() {
  const { way, below, cards, next, first, sort } = useLoaderData<typeof loader>()
  const { t, to } = useWords()
  const here = way.at(-1)
  return (
    <Page>
      <title>{`${here?.title} · ${t('site.name')}`}</title>
      <Crumbs
        items={way.map(({ slug, title }, at) => ({ title, ...(at < way.length - 1 && { path: `/c/${slug}` }) }))}
      />
      <div className="flex flex-wrap items-end justify-between gap-4">
        <h1 className="display theirs text-3xl sm:text-4xl">{here?.title}</h1>
        <SortBy value={sort} options={sorts} />
      </div>
      {below.length > 0 && (
        <ul className="mt-5 flex flex-wrap gap-2">
          {below.map(({ slug, title }) => (
            <li key={slug}>
              <Link
                to={to(`/c/${slug}`)}
                prefetch="intent"
                className="theirs inline-flex min-h-10 items-center rounded-full border border-edge/50 px-4 text-sm hover:bg-hover"
              >
                {title}
              </Link>
            </li>
          ))}
        </ul>
      )}
      <div className="mt-8">
        {cards.length > 0 ? (
          <ProductGrid cards={cards} eager={4} heading="h2" />
        ) : (
          <p className="py-12 text-quiet">{t('search.none-hint')}</p>
        )}
        <MorePages next={next} first={first} />
      </div>
    </Page>
  )
}
