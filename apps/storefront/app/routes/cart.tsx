import { Alert, Button, buttonClass, EmptyState, Select } from '@souk/ui/plain'
import {
  type ActionFunctionArgs,
  Link,
  type LoaderFunctionArgs,
  redirect,
  useFetcher,
  useLoaderData,
} from 'react-router'
import { reading } from '../answers.server.ts'
import { perhaps } from '../perhaps.server.ts'
import { addToCart, type Cart, readCart, setQuantity } from '../cart.server.ts'
import { type Answered, failureOf, textOf } from '../forms.server.ts'
import { langOf, pathIn } from '../i18n/languages.ts'
import { useWords, type Words } from '../i18n/words.tsx'
import { Failed } from '../parts/failed.tsx'
import { CartIcon } from '../parts/icons.tsx'
import { Money } from '../parts/money.tsx'
import { Page } from '../parts/page.tsx'
import { Picture } from '../parts/picture.tsx'
import { runtimeContext } from '../runtime.server.ts'
import { visitContext } from '../visit.server.ts'
import { formatMoney } from '@souk/ui/plain'

export const loader = ({ context }: LoaderFunctionArgs) =>
  reading(async () => {
    const { store } = context.get(runtimeContext)
    const cart = await readCart(context.get(visitContext))
    const ids = [...new Set(cart?.shops.flatMap(({ items }) => items.map(({ productId }) => productId)))]
    const pictures = await Promise.all(
      ids.map(async (id) => [id, (await perhaps(store.product(id), undefined))?.pictures[0]] as const),
    )
    return { cart, pictures: Object.fromEntries(pictures) }
  })

export async function action({ context, request }: ActionFunctionArgs): Promise<Answered> {
  const visit = context.get(visitContext)
  const form = await request.formData()
  const variantId = textOf(form, 'variantId', 50)
  const quantity = Math.max(0, Math.min(999, Math.trunc(Number(form.get('quantity') ?? 1)) || 0))
  try {
    const intent = textOf(form, 'intent')
    if (intent === 'add') await addToCart(visit, variantId, Math.max(1, quantity))
    else await setQuantity(visit, variantId, intent === 'remove' ? 0 : quantity)
  } catch (error) {
    return failureOf(error)
  }
  if (!form.has('stay')) throw redirect(pathIn(langOf(new URL(request.url).pathname), '/cart'))
  return { ok: true }
}

export type Item = Cart['shops'][number]['items'][number]

/** What is different from when it was put in, in the reader's language. */
export function changesOf({ changes, title, currency }: Item, { t, locale }: Words): string[] {
  const money = (minor: number | undefined) => formatMoney(minor ?? 0, currency, locale)
  return changes.map(({ kind, message, wasMinor, isMinor, left }) => {
    if (kind === 'price-raised' || kind === 'price-lowered')
      return t('cart.change.price', { title, now: money(isMinor), before: money(wasMinor) })
    if (kind === 'sold-out') return t('cart.change.out', { title })
    if (kind === 'few-left' && left !== undefined) return t('cart.change.less', { title, count: left })
    if (kind === 'not-sold' || kind === 'shop-closed') return t('cart.change.gone', { title })
    return `${title}: ${message}`
  })
}

export default function CartPage() {
  const { cart, pictures } = useLoaderData<typeof loader>()
  const words = useWords()
  const { t, to } = words
  const filled = cart !== undefined && cart.shops.length > 0
  const changes = filled ? cart.shops.flatMap(({ items }) => items.flatMap((item) => changesOf(item, words))) : []
  return (
    <Page className="max-w-5xl!">
      <title>{`${t('cart.title')} · ${t('site.name')}`}</title>
      <h1 className="display mt-8 text-3xl sm:text-4xl">{t('cart.title')}</h1>
      {!filled ? (
        <EmptyState
          icon={<CartIcon />}
          title={t('cart.empty')}
          action={
            <Link to={to('/')} className={buttonClass({ variant: 'primary' })}>
              {t('cart.start')}
            </Link>
          }
        >
          {t('cart.empty-hint')}
        </EmptyState>
      ) : (
        <div className="mt-6 grid gap-8 lg:grid-cols-[1fr_20rem] lg:gap-12">
          <div className="min-w-0 space-y-8">
            {changes.length > 0 && (
              <Alert tone="warn" title={t('cart.changed')}>
                <ul className="list-disc pl-5">
                  {changes.map((text) => (
                    <li key={text} className="theirs">
                      {text}
                    </li>
                  ))}
                </ul>
              </Alert>
            )}
            {cart.shops.map((shop) => (
              <section key={shop.shopId} aria-label={t('cart.per-shop', { shop: shop.name })}>
                <h2 className="theirs border-b border-line pb-2 text-sm text-quiet">
                  <Link to={to(`/s/${shop.slug}`)} className="hover:underline">
                    {t('cart.per-shop', { shop: shop.name })}
                  </Link>
                </h2>
                <ul className="divide-y divide-line">
                  {shop.items.map((item) => (
                    <Line key={item.variantId} item={item} picture={pictures[item.productId]} />
                  ))}
                </ul>
              </section>
            ))}
          </div>
          <aside className="lg:sticky lg:top-6 lg:self-start">
            <div className="rounded-xl bg-sunken p-5 sm:p-6">
              <dl className="space-y-2">
                {[...totalsOf(cart)].map(([currency, minor]) => (
                  <div key={currency} className="flex items-baseline justify-between gap-4">
                    <dt className="text-quiet">{t('cart.subtotal')}</dt>
                    <dd className="text-lg font-semibold">
                      <Money minor={minor} currency={currency} />
                    </dd>
                  </div>
                ))}
              </dl>
              <p className="mt-3 text-sm text-quiet">
                {t('cart.parcels', { count: cart.shops.length })} {t('cart.delivery-later')}
              </p>
              <Link
                to={to('/checkout')}
                prefetch="intent"
                className={`${buttonClass({ variant: 'primary', size: 'lg' })} mt-5 w-full`}
              >
                {t('cart.checkout')}
              </Link>
            </div>
          </aside>
        </div>
      )}
    </Page>
  )
}

/** Amounts of different currencies are never added. */
export function totalsOf(cart: Cart): ReadonlyMap<string, number> {
  const totals = new Map<string, number>()
  for (const { currency, subtotalMinor } of cart.shops)
    totals.set(currency, (totals.get(currency) ?? 0) + subtotalMinor)
  return totals
}

function Line({ item, picture }: { item: Item; picture: { url: string; alt: string } | undefined }) {
  const { t, to } = useWords()
  const fetcher = useFetcher<Answered>()
  const pending =
    fetcher.formData?.get('intent') === 'remove' ? 0 : Number(fetcher.formData?.get('quantity') ?? item.quantity)
  const steps = [...new Set([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, item.quantity])].sort((one, other) => one - other)
  if (pending === 0) return null
  return (
    <li className={`flex gap-4 py-5 ${fetcher.state === 'idle' ? '' : 'opacity-60'}`}>
      <div className="size-20 shrink-0 overflow-hidden rounded-md bg-sunken sm:size-24">
        <Picture picture={picture} alt="" sizes="6rem" />
      </div>
      <div className="min-w-0 flex-1">
        <div className="flex items-start justify-between gap-4">
          <h3 className="theirs font-medium">
            <Link
              to={`${to(`/p/${item.productId}/${item.productSlug}`)}?variant=${item.variantId}`}
              className="hover:underline"
            >
              {item.title}
            </Link>
          </h3>
          <p className="shrink-0 text-right font-semibold">
            {item.buyable || item.totalMinor > 0 ? (
              <Money minor={item.totalMinor} currency={item.currency} />
            ) : (
              t('product.stock.out')
            )}
          </p>
        </div>
        <p className="text-sm text-quiet">
          <Money minor={item.unitPriceMinor} currency={item.currency} />
        </p>
        <div className="mt-2 flex flex-wrap items-center gap-2">
          <fetcher.Form method="post" action={to('/cart')} className="flex items-center gap-2">
            <input type="hidden" name="intent" value="set" />
            <input type="hidden" name="variantId" value={item.variantId} />
            <Select
              name="quantity"
              size="sm"
              aria-label={`${t('product.quantity')}: ${item.title}`}
              key={item.quantity}
              defaultValue={item.quantity}
              onChange={(event) => {
                const form = new FormData(event.currentTarget.form ?? undefined)
                form.set('stay', '1')
                void fetcher.submit(form, { method: 'post', action: to('/cart') })
              }}
              className="w-18"
            >
              {steps.map((step) => (
                <option key={step}>{step}</option>
              ))}
            </Select>
            <noscript>
              <Button type="submit" size="sm">
                {t('cart.update')}
              </Button>
            </noscript>
          </fetcher.Form>
          <fetcher.Form method="post" action={to('/cart')}>
            <input type="hidden" name="intent" value="remove" />
            <input type="hidden" name="variantId" value={item.variantId} />
            <Button type="submit" size="sm" variant="quiet">
              {t('cart.remove')}
              <span className="sr-only">: {item.title}</span>
            </Button>
          </fetcher.Form>
        </div>
        {fetcher.data?.ok === false && <Failed answer={fetcher.data} className="mt-2" />}
      </div>
    </li>
  )
}
