import { Alert, Button, buttonClass, cx, Field, Select } from '@souk/ui/plain'
import type { Product } from '@souk/sdk'
import { useEffect, useRef, useState } from 'react'
import { Link, type LoaderFunctionArgs, redirect, useFetcher, useLoaderData, useSearchParams } from 'react-router'
import { forEverybody, headersOf, lifeOf, notFound, reading } from '../answers.server.ts'
import { perhaps } from '../perhaps.server.ts'
import { productPath } from '../cards.ts'
import { langOf, pathIn } from '../i18n/languages.ts'
import { useWords } from '../i18n/words.tsx'
import { ProductGrid } from '../parts/cards.tsx'
import { Countdown } from '../parts/countdown.tsx'
import { deliveryEstimate } from '../parts/delivery.ts'
import { HeartIcon, Stars, TruckIcon } from '../parts/icons.tsx'
import { PriceTag } from '../parts/money.tsx'
import { Crumbs, Page, Section } from '../parts/page.tsx'
import { ownPicture, Picture } from '../parts/picture.tsx'
import { Failed } from '../parts/failed.tsx'
import { Reviews } from '../parts/reviews.tsx'
import { ShopSaid } from '../parts/said.tsx'
import { runtimeContext } from '../runtime.server.ts'
import { isOn, shopSays } from '../set.ts'
import { wayTo } from '../store.server.ts'
import type { action as cartAction } from './cart.tsx'
import type { action as wishAction } from './wish.ts'

export { headersOf as headers }

export const loader = ({ context, params, request }: LoaderFunctionArgs) =>
  reading(async () => {
    const { store } = context.get(runtimeContext)
    const url = new URL(request.url)
    const lang = langOf(url.pathname)
    const cursor = url.searchParams.get('reviews')?.slice(0, 500) || undefined
    const product = await store.product(params.productId ?? '')
    if (product.status !== 'active') throw notFound()
    if (params.slug !== product.slug) throw redirect(pathIn(lang, productPath(product)) + url.search, 301)
    const [shop, availability, sales, rating, reviews, tree, similar, set, flags] = await Promise.all([
      store.shop(product.shopId),
      perhaps(store.availability(product.id), undefined),
      store.saleByProduct(),
      perhaps(store.rating(product.id), undefined),
      perhaps(store.reviews(product.id, cursor), undefined),
      perhaps(store.categories(lang), []),
      perhaps(store.productsBeside({ shopId: product.shopId, sort: 'newest', limit: 9 }), undefined),
      store.shopSettings(product.shopId),
      store.flags(),
    ])
    const showsReviews = isOn(flags, 'storefront-reviews', true)
    // The first one it is in that there still is.
    const category =
      product.categoryIds.map((id) => wayTo(tree, slugOf(tree, id))).find((way) => way !== undefined) ?? []
    // Of all shops, from the list the first page shows a picture of: a search with its counts would cost ten times as much.
    const nearest = category.at(-1)?.slug
    const near =
      nearest === undefined || !isOn(flags, 'storefront-recommendations', false)
        ? []
        : (await perhaps(store.productsBeside({ sort: 'newest', limit: 12, category: nearest }), { items: [] })).items
    const says = shopSays(set, new Date().toISOString().slice(0, 10))
    const delivery = deliveryEstimate(
      shop.country,
      says.awayUntil === '' ? new Date() : new Date(`${says.awayUntil}T00:00:00Z`),
    )
    const beside = (similar?.items ?? []).filter(({ id }) => id !== product.id).slice(0, 4)
    const shown = new Set([product.id, ...beside.map(({ id }) => id)])
    return forEverybody(
      {
        product: {
          id: product.id,
          slug: product.slug,
          title: product.title,
          description: product.description,
          currency: product.currency,
          options: product.options,
          pictures: product.pictures,
          variants: product.variants.filter(({ active }) => active),
        },
        stock: Object.fromEntries(
          availability?.variants.map(({ variantId, availability }) => [variantId, availability]) ?? [],
        ),
        shop: { name: shop.name, slug: shop.slug },
        sale: sales.get(product.id),
        says,
        showsReviews,
        rating: showsReviews ? rating : undefined,
        reviews: reviews?.items ?? [],
        olderReviews: reviews?.nextCursor ?? null,
        way: category.map(({ slug, title }) => ({ slug, title })),
        similar: await store.cards(beside),
        alike: (await store.cards(near.filter(({ id }) => !shown.has(id))))
          .toSorted((a, b) => (b.rating?.average ?? 0) - (a.rating?.average ?? 0))
          .slice(0, 4),
        delivery: { from: delivery.from.toISOString(), to: delivery.to.toISOString() },
      },
      lifeOf.page,
    )
  })

type Node = { id: string; slug: string; children: Node[] }
function slugOf(tree: readonly Node[], id: string): string {
  for (const node of tree) {
    if (node.id === id) return node.slug
    const below = slugOf(node.children, id)
    if (below !== '') return below
  }
  return ''
}

type Variant = Product['variants'][number]
type Stock = Record<string, 'in' | 'low' | 'out'>

/** The variant the address names, or the first that can be had. */
function chosen(variants: readonly Variant[], stock: Stock, search: URLSearchParams): Variant | undefined {
  return (
    variants.find(({ id }) => id === search.get('variant')) ??
    variants.find(({ id }) => stock[id] !== 'out') ??
    variants[0]
  )
}

export default function ProductPage() {
  const {
    product,
    stock: firstStock,
    shop,
    sale,
    says,
    showsReviews,
    rating,
    reviews,
    olderReviews,
    way,
    similar,
    alike,
    delivery,
  } = useLoaderData<typeof loader>()
  const { t, to, date } = useWords()
  const [search] = useSearchParams()
  const stock = useStock(product.id, firstStock)
  const variant = chosen(product.variants, stock, search)
  const running =
    sale?.phase === 'running' && (variant === undefined || sale.variantId === variant.id) ? sale : undefined
  return (
    <Page>
      <title>{`${product.title} · ${t('site.name')}`}</title>
      <meta name="description" content={product.description.slice(0, 160)} />
      <meta property="og:title" content={product.title} />
      <meta property="og:type" content="product" />
      <Crumbs items={[...way.map(({ slug, title }) => ({ title, path: `/c/${slug}` })), { title: product.title }]} />
      <div className="grid gap-8 md:grid-cols-2 lg:grid-cols-[7fr_5fr] lg:gap-14">
        <Gallery
          key={product.id}
          title={product.title}
          pictures={product.pictures.filter(({ url }) => ownPicture(url) !== undefined)}
        />
        <div className="min-w-0 md:pt-2">
          <Link
            to={to(`/s/${shop.slug}`)}
            prefetch="intent"
            className="theirs text-sm text-quiet hover:text-ink hover:underline"
          >
            {t('product.by', { shop: shop.name })}
          </Link>
          <h1 className="display theirs mt-1 text-3xl sm:text-4xl">{product.title}</h1>
          {rating !== undefined && rating.count > 0 && (
            <a href="#reviews" className="mt-2 inline-flex items-center gap-2 py-1 text-sm text-quiet hover:text-ink">
              <Stars
                rating={rating.ratingTenths / 10}
                label={t('reviews.stars', { rating: rating.ratingTenths / 10 })}
              />
              {t('reviews.count', { count: rating.count })}
            </a>
          )}
          <ShopSaid {...says} className="mt-4" />
          {variant === undefined ? (
            <p className="mt-6 text-quiet">{t('product.not-for-sale')}</p>
          ) : (
            <>
              <p className="mt-4">
                <PriceTag
                  size="lg"
                  minor={running?.priceMinor ?? variant.priceMinor}
                  beforeMinor={running && variant.priceMinor}
                  currency={product.currency}
                />
              </p>
              {sale !== undefined && sale.phase !== 'past' && (
                <Link
                  to={to(`/sale/${sale.id}`)}
                  prefetch="intent"
                  className="mt-3 flex items-center justify-between gap-4 rounded-lg bg-accent-soft px-4 py-3 text-sm text-ink hover:underline"
                >
                  <span className="font-medium text-accent-strong">
                    {t(sale.phase === 'running' ? 'sale.running' : 'home.soon')}
                  </span>
                  <Countdown startsAt={sale.startsAt} endsAt={sale.endsAt} />
                </Link>
              )}
              <Options product={product} variant={variant} stock={stock} />
              <Buy key={variant.id} variant={variant} stock={stock[variant.id]} productId={product.id} />
            </>
          )}
          <div className="mt-8 space-y-5 border-t border-line pt-6">
            <section>
              <h2 className="font-medium">{t('product.details')}</h2>
              <p className="theirs mt-1.5 max-w-prose whitespace-pre-line text-quiet">{product.description}</p>
              {variant !== undefined && (
                <p className="theirs mt-2 text-sm text-quiet">
                  {t('product.sku')} {variant.sku}
                </p>
              )}
            </section>
            <section className="flex gap-4">
              <TruckIcon className="mt-0.5 size-6 shrink-0 text-accent" />
              <div>
                <h2 className="font-medium">{t('product.delivery')}</h2>
                <p className="mt-0.5 text-sm">
                  {t('product.delivery.estimate', { from: date(delivery.from), to: date(delivery.to) })}
                </p>
                <p className="mt-0.5 text-sm text-quiet">
                  {t('product.delivery.note')}{' '}
                  {says.returnDays === undefined
                    ? t('product.returns')
                    : t('product.returns-within', { days: says.returnDays })}
                </p>
              </div>
            </section>
          </div>
        </div>
      </div>
      {showsReviews && <Reviews rating={rating} reviews={reviews} older={olderReviews} />}
      {similar.length > 0 && (
        <Section title={t('product.similar')} more={`/s/${shop.slug}`}>
          <ProductGrid cards={similar} />
        </Section>
      )}
      {alike.length > 0 && (
        <Section title={t('product.alike')} more={`/c/${way.at(-1)?.slug ?? ''}`}>
          <ProductGrid cards={alike} />
        </Section>
      )}
    </Page>
  )
}

/** How much there is, asked again every 15 s while somebody looks. */
function useStock(productId: string, first: Stock): Stock {
  const [stock, setStock] = useState(first)
  useEffect(() => {
    setStock(first)
    const timer = setInterval(() => {
      if (document.hidden) return
      fetch(`/live/stock/${productId}`)
        .then((answer) => (answer.ok ? (answer.json() as Promise<Stock>) : undefined))
        .then((found) => found && setStock(found))
        .catch(() => {})
    }, 15_000)
    return () => clearInterval(timer)
  }, [productId, first])
  return stock
}

function Gallery({ title, pictures }: { title: string; pictures: Product['pictures'] }) {
  const { t } = useWords()
  const [at, setAt] = useState(0)
  const shown = pictures[at] ?? pictures[0]
  return (
    <div aria-label={t('product.gallery', { title })} role="group" className="md:sticky md:top-6 md:self-start">
      <div className="overflow-hidden rounded-xl bg-sunken max-md:-mx-4 max-md:rounded-none sm:max-md:mx-0 sm:max-md:rounded-xl">
        <Picture
          picture={shown}
          alt={shown?.alt || title}
          priority
          sizes="(min-width: 64rem) 42rem, (min-width: 48rem) 50vw, 100vw"
        />
      </div>
      {pictures.length > 1 && (
        <ul className="mt-3 flex flex-wrap gap-2">
          {pictures.map((picture, index) => (
            <li key={picture.url}>
              {/* A link to the picture itself without scripts. */}
              <a
                href={ownPicture(picture.url)}
                onClick={(event) => {
                  event.preventDefault()
                  setAt(index)
                }}
                aria-label={t('product.picture', { number: index + 1 })}
                {...(index === at && { 'aria-current': 'true' as const })}
                className="block size-18 overflow-hidden rounded-md border-2 border-transparent aria-[current=true]:border-accent"
              >
                <Picture picture={picture} alt="" sizes="4.5rem" />
              </a>
            </li>
          ))}
        </ul>
      )}
    </div>
  )
}

/** Each value is a link to the variant that has it and keeps the others: works without scripts, and can be shared. */
function Options({
  product,
  variant,
  stock,
}: {
  product: { id: string; slug: string; options: Product['options']; variants: Variant[] }
  variant: Variant
  stock: Stock
}) {
  const { t, to } = useWords()
  return (
    <>
      {product.options.map(({ name, values }) => (
        <fieldset key={name} className="mt-6">
          <legend className="theirs text-sm font-medium">
            {name}: <span className="font-normal text-quiet">{variant.options[name] as string | undefined}</span>
          </legend>
          <ul className="mt-2 flex flex-wrap gap-2">
            {values.map((value) => {
              const match =
                product.variants.find(({ options }) =>
                  Object.entries({ ...variant.options, [name]: value }).every(
                    ([key, wanted]) => options[key] === wanted,
                  ),
                ) ?? product.variants.find(({ options }) => options[name] === value)
              const current = variant.options[name] === value
              const out = match === undefined || stock[match.id] === 'out'
              return (
                <li key={value}>
                  {match === undefined ? null : (
                    <Link
                      to={`${to(productPath(product))}?variant=${match.id}`}
                      replace
                      preventScrollReset
                      {...(current && { 'aria-current': 'true' as const })}
                      className={cx(
                        'theirs inline-flex min-h-11 items-center rounded-md border px-4 text-sm transition-colors hover:border-edge',
                        current ? 'border-accent bg-accent-soft text-accent-strong' : 'border-edge/50 bg-surface',
                        out && 'text-quiet line-through',
                      )}
                    >
                      {value}
                      {out && <span className="sr-only"> ({t('product.stock.out')})</span>}
                    </Link>
                  )}
                </li>
              )
            })}
          </ul>
        </fieldset>
      ))}
    </>
  )
}

const tones = { in: 'text-good', low: 'text-warn', out: 'text-bad' } as const

function Buy({ variant, stock, productId }: { variant: Variant; stock: Stock[string] | undefined; productId: string }) {
  const { t, to } = useWords()
  const cart = useFetcher<typeof cartAction>()
  const wish = useFetcher<typeof wishAction>()
  const done = useRef<HTMLParagraphElement>(null)
  const added = cart.state === 'idle' && cart.data?.ok === true
  useEffect(() => {
    if (added) done.current?.focus()
  }, [added])
  const wished = wish.data?.ok === true || (wish.state !== 'idle' && wish.formData !== undefined)
  return (
    <>
      {stock !== undefined && (
        <p className={cx('mt-6 flex items-center gap-2 text-sm font-medium', tones[stock])}>
          <span className="size-2 rounded-full bg-current" aria-hidden="true" />
          {t(`product.stock.${stock}`)}
        </p>
      )}
      <cart.Form
        method="post"
        action={to('/cart')}
        className="mt-4 flex items-end gap-3"
        onSubmit={(event) => {
          // With scripts one stays here and is told; without, one is taken to the cart.
          event.preventDefault()
          const form = new FormData(event.currentTarget)
          form.set('stay', '1')
          void cart.submit(form, { method: 'post', action: to('/cart') })
        }}
      >
        <input type="hidden" name="intent" value="add" />
        <input type="hidden" name="variantId" value={variant.id} />
        <Field label={t('product.quantity')} hideLabel className="w-20">
          <Select name="quantity" defaultValue="1" className="[&_select]:h-12">
            {[1, 2, 3, 4, 5, 6, 8, 10].map((quantity) => (
              <option key={quantity}>{quantity}</option>
            ))}
          </Select>
        </Field>
        <Button
          type="submit"
          variant="primary"
          size="lg"
          busy={cart.state !== 'idle'}
          disabled={stock === 'out'}
          className="flex-1"
        >
          {t('product.add')}
        </Button>
      </cart.Form>
      <div aria-live="polite" className="empty:hidden">
        {cart.data?.ok === false && cart.state === 'idle' && <Failed answer={cart.data} className="mt-3" />}
        {added && (
          <div className="mt-3">
            <Alert
              tone="good"
              actions={
                <Link to={to('/cart')} className={buttonClass({ size: 'sm' })}>
                  {t('product.to-cart')}
                </Link>
              }
            >
              <p ref={done} tabIndex={-1} className="font-medium outline-none">
                {t('product.added')}
              </p>
            </Alert>
          </div>
        )}
      </div>
      <wish.Form method="post" action="/wishlist" className="mt-3">
        <input type="hidden" name="productId" value={productId} />
        <input type="hidden" name="next" value={to(`/p/${productId}`)} />
        <Button type="submit" variant="quiet" aria-pressed={wished} className="-ml-3">
          <HeartIcon className={cx('size-4.5', wished && 'fill-accent text-accent')} />
          {t(wished ? 'product.wished' : 'product.wish')}
        </Button>
      </wish.Form>
    </>
  )
}
