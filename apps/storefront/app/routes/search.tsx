import { Button, buttonClass, Checkbox, cx, Field, Input, Select } from '@souk/ui/plain'
import { moneyForInput, parseMoney } from '@souk/ui/plain'
import { useEffect, useRef } from 'react'
import { Form, Link, type LoaderFunctionArgs, useLoaderData, useNavigation, useRouteLoaderData } from 'react-router'
import { forEverybody, headersOf, lifeOf, reading } from '../answers.server.ts'
import { cardOfHit } from '../cards.ts'
import { langOf } from '../i18n/languages.ts'
import { useWords } from '../i18n/words.tsx'
import { ProductGrid } from '../parts/cards.tsx'
import { Stars } from '../parts/icons.tsx'
import { MorePages, SortBy } from '../parts/lists.tsx'
import { Page } from '../parts/page.tsx'
import { shownCurrencies } from '../rates.ts'
import { runtimeContext } from '../runtime.server.ts'
import { perhaps } from '../perhaps.server.ts'
import { flat, type SearchQuery } from '../store.server.ts'
import type { loader as frameLoader } from './frame.tsx'

export { headersOf as headers }

const sorts = ['relevance', 'newest', 'price', 'price-desc', 'rating'] as const

/** What was asked for, as far as it makes sense; the rest is left out. */
export function queryOf(url: URL): SearchQuery {
  const { searchParams } = url
  const text = (name: string, longest = 100) => (searchParams.get(name) ?? '').trim().slice(0, longest)
  const currency = shownCurrencies.find((each) => each === text('currency'))
  const sort = sorts.find((each) => each === text('sort'))
  const [min, max] = ['min', 'max'].map((name) =>
    currency === undefined ? undefined : parseMoney(text(name, 15), currency),
  )
  const rating = [1, 2, 3, 4].find((stars) => String(stars) === text('rating'))
  return {
    q: text('q'),
    ...(text('category') !== '' && { category: text('category') }),
    ...(text('shop') !== '' && { shop: text('shop') }),
    ...(currency !== undefined && { currency }),
    ...(min !== undefined && { minPriceMinor: min }),
    ...(max !== undefined && { maxPriceMinor: max }),
    ...(rating !== undefined && { rating }),
    ...(searchParams.has('available') && { available: true }),
    ...(sort !== undefined && sort !== 'relevance' && { sort }),
    ...(langOf(url.pathname) !== 'en' && { language: langOf(url.pathname) }),
    ...(text('after', 500) !== '' && { cursor: text('after', 500) }),
    limit: 24,
  }
}

export const loader = ({ context, request }: LoaderFunctionArgs) =>
  reading(async () => {
    const { store } = context.get(runtimeContext)
    const url = new URL(request.url)
    const query = queryOf(url)
    const [found, tree] = await Promise.all([store.search(query), perhaps(store.categories(langOf(url.pathname)), [])])
    const titles = new Map(flat(tree).map(({ slug, title }) => [slug, title]))
    return forEverybody(
      {
        query,
        cards: found.items.map(cardOfHit),
        next: found.nextCursor,
        total: found.total,
        facets: found.facets && {
          ...found.facets,
          categories: found.facets.categories.map((each) => ({ ...each, title: titles.get(each.slug) ?? each.title })),
        },
        corrected: found.correctedQuery,
      },
      lifeOf.list,
    )
  })

type Loaded = ReturnType<typeof useLoaderData<typeof loader>>

export default function SearchPage() {
  const loaded = useLoaderData<typeof loader>()
  const { query, cards, next, total, corrected } = loaded
  const { t, number } = useWords()
  const title = query.q ? t('search.title', { query: query.q }) : t('search.title-all')
  const nothing = cards.length === 0
  // Where nothing was found there is nothing to sort, and to filter only what filters have taken away.
  const isFiltered = Object.keys(keptFields(query)).some((name) => name !== 'q' && name !== 'sort')
  return (
    <Page>
      <title>{`${title} · ${t('site.name')}`}</title>
      <meta name="robots" content="noindex" />
      <div className="mt-8 flex flex-wrap items-end justify-between gap-4">
        <div>
          <h1 className="display theirs text-3xl sm:text-4xl">{title}</h1>
          <p className="mt-1 text-sm text-quiet" role="status">
            {corrected !== null && (
              <span className="theirs font-medium text-ink">{t('search.corrected', { query: corrected })} </span>
            )}
            {total.exact ? t('search.count', { count: total.count }) : `${number(total.count)}+`}
          </p>
        </div>
        {!nothing && <SortBy value={query.sort ?? 'relevance'} options={sorts} keep={keptFields(query)} />}
      </div>
      <div className={cx('mt-8 grid gap-8 lg:gap-12', (!nothing || isFiltered) && 'lg:grid-cols-[15rem_1fr]')}>
        {(!nothing || isFiltered) && <Filters {...loaded} />}
        <div className="min-w-0">
          {nothing ? <Nothing query={query.q ?? ''} /> : <ProductGrid cards={cards} eager={2} heading="h2" />}
          <MorePages next={next} first={query.cursor === undefined} />
        </div>
      </div>
    </Page>
  )
}

function Nothing({ query }: { query: string }) {
  const { t, to, lang } = useWords()
  const found = useRouteLoaderData<typeof frameLoader>(lang)
  return (
    <div className="py-12 text-center">
      <p className="theirs font-medium">{t('search.none', { query })}</p>
      <p className="mt-1 text-quiet">{t('search.none-hint')}</p>
      <ul className="mt-6 flex flex-wrap justify-center gap-2">
        {found?.categories.map(({ slug, title }) => (
          <li key={slug}>
            <Link to={to(`/c/${slug}`)} prefetch="intent" className={cx(buttonClass({}), 'theirs rounded-full')}>
              {title}
            </Link>
          </li>
        ))}
      </ul>
    </div>
  )
}

/** The query as form fields, without the page it is on. */
function keptFields(query: SearchQuery): Record<string, string> {
  const currency = query.currency ?? 'EUR'
  return {
    ...(query.q && { q: query.q }),
    ...(query.category !== undefined && { category: query.category }),
    ...(query.shop !== undefined && { shop: query.shop }),
    ...(query.currency !== undefined && { currency }),
    ...(query.minPriceMinor !== undefined && { min: moneyForInput(query.minPriceMinor, currency) }),
    ...(query.maxPriceMinor !== undefined && { max: moneyForInput(query.maxPriceMinor, currency) }),
    ...(query.rating !== undefined && { rating: String(query.rating) }),
    ...(query.available && { available: '1' }),
    ...(query.sort !== undefined && { sort: query.sort }),
  }
}

function Filters({ query, facets }: Loaded) {
  const { t, to, number } = useWords()
  const { state } = useNavigation()
  const fields = keptFields(query)
  const withField = (name: string, value: string | undefined) => {
    const { [name]: _, ...others } = fields
    const search = new URLSearchParams(value === undefined ? others : { ...others, [name]: value })
    return `${to('/search')}?${search}`
  }
  const groups = [
    [
      'category',
      t('nav.categories'),
      (facets?.categories ?? []).map(({ slug, title, count }) => ({ value: slug, text: title, count })),
    ],
    [
      'shop',
      t('nav.shops'),
      (facets?.shops ?? []).map(({ slug, name, count }) => ({ value: slug, text: name, count })),
    ],
  ] as const
  const used = ['category', 'shop', 'rating', 'available'].filter((name) => name in fields)
  const count = used.length + ('min' in fields || 'max' in fields ? 1 : 0)
  // On a phone what was found stands below: it comes into sight as soon as something was chosen.
  const box = useRef<HTMLDetailsElement>(null)
  const asked = JSON.stringify(fields)
  useEffect(() => {
    if (box.current !== null) box.current.open = false
  }, [asked])
  return (
    <details ref={box} className="shown-when-wide group min-w-0">
      <summary className="flex min-h-11 items-center justify-between rounded-md border border-edge/50 px-4 font-medium lg:hidden">
        {count === 0 ? t('search.filters') : t('search.filters-used', { count })}
        <span className="text-quiet group-open:rotate-180" aria-hidden="true">
          ▾
        </span>
      </summary>
      <div className="mt-4 space-y-7 lg:mt-0">
        {groups.map(([name, title, options]) => {
          const chosen = fields[name]
          if (options.length === 0 && chosen === undefined) return null
          const shown = options.slice(0, 10)
          return (
            <section key={name} aria-label={title}>
              <h2 className="text-sm font-semibold">{title}</h2>
              <ul className="mt-1">
                {chosen !== undefined && !shown.some(({ value }) => value === chosen) && (
                  <li>
                    <Link
                      to={withField(name, undefined)}
                      aria-current="true"
                      className="theirs flex min-h-9 items-center gap-2 text-sm font-semibold text-accent"
                    >
                      {chosen} ✕
                    </Link>
                  </li>
                )}
                {shown.map(({ value, text, count }) => (
                  <li key={value}>
                    <Link
                      to={withField(name, chosen === value ? undefined : value)}
                      preventScrollReset
                      {...(chosen === value && { 'aria-current': 'true' as const })}
                      className="flex min-h-9 items-center justify-between gap-3 text-sm hover:underline aria-[current=true]:font-semibold aria-[current=true]:text-accent pointer-coarse:min-h-11"
                    >
                      <span className="theirs">{text}</span>
                      <span className="figures text-quiet">{number(count)}</span>
                    </Link>
                  </li>
                ))}
              </ul>
            </section>
          )
        })}
        {(facets?.ratings.length ?? 0) > 0 && (
          <section aria-label={t('search.rating')}>
            <h2 className="text-sm font-semibold">{t('search.rating')}</h2>
            <ul className="mt-1">
              {facets?.ratings
                .filter(({ stars }) => stars < 5)
                .map(({ stars, count }) => (
                  <li key={stars}>
                    <Link
                      to={withField('rating', fields.rating === String(stars) ? undefined : String(stars))}
                      preventScrollReset
                      {...(fields.rating === String(stars) && { 'aria-current': 'true' as const })}
                      className="flex min-h-9 items-center justify-between gap-3 text-sm hover:underline aria-[current=true]:font-semibold aria-[current=true]:text-accent pointer-coarse:min-h-11"
                    >
                      <span className="flex items-center gap-2">
                        <Stars rating={stars} label={t('search.rating-up', { count: stars })} />
                        {fields.rating === String(stars) && <span aria-hidden="true">✕</span>}
                      </span>
                      <span className="figures text-quiet">{number(count)}</span>
                    </Link>
                  </li>
                ))}
            </ul>
          </section>
        )}
        <Form action={to('/search')} className="space-y-3">
          {Object.entries(fields)
            .filter(([name]) => !['min', 'max', 'currency', 'available'].includes(name))
            .map(([name, value]) => (
              <input key={name} type="hidden" name={name} value={value} />
            ))}
          <h2 className="text-sm font-semibold">{t('search.price')}</h2>
          <Field label={t('search.currency')} hideLabel>
            <Select
              name="currency"
              defaultValue={query.currency ?? facets?.prices[0]?.currency ?? ''}
              key={query.currency}
            >
              <option value="">{t('search.any-currency')}</option>
              {shownCurrencies.map((each) => (
                <option key={each}>{each}</option>
              ))}
            </Select>
          </Field>
          <div className="flex gap-2">
            {(['min', 'max'] as const).map((name) => (
              <Field key={name} label={t(`search.${name}`)} className="flex-1">
                <Input
                  name={name}
                  inputMode="decimal"
                  defaultValue={fields[name] ?? ''}
                  key={fields[name]}
                  maxLength={12}
                />
              </Field>
            ))}
          </div>
          <Checkbox
            name="available"
            value="1"
            defaultChecked={query.available ?? false}
            key={String(query.available)}
            label={t('search.available')}
          />
          <div className="flex flex-wrap gap-2">
            <Button type="submit" busy={state !== 'idle'}>
              {t('search.apply')}
            </Button>
            {Object.keys(fields).some((name) => name !== 'q') && (
              <Link
                to={`${to('/search')}${query.q ? `?q=${encodeURIComponent(query.q)}` : ''}`}
                className="inline-flex min-h-10 items-center px-2 text-sm text-accent hover:underline"
              >
                {t('search.clear')}
              </Link>
            )}
          </div>
        </Form>
      </div>
    </details>
  )
}
