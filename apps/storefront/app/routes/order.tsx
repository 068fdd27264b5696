import { Alert, Badge, Button, buttonClass, cx } from '@souk/ui/plain'
import type { ListReturnsResponse, Order } from '@souk/sdk'
import { useEffect } from 'react'
import {
  type ActionFunctionArgs,
  Form,
  Link,
  type LoaderFunctionArgs,
  useActionData,
  useLoaderData,
  useNavigation,
  useRevalidator,
  useSearchParams,
} from 'react-router'
import { reading } from '../answers.server.ts'
import { perhaps } from '../perhaps.server.ts'
import { type Answered, failureOf } from '../forms.server.ts'
import { type Lang, langOf } from '../i18n/languages.ts'
import { useWords } from '../i18n/words.tsx'
import { Failed } from '../parts/failed.tsx'
import { CheckIcon, TruckIcon } from '../parts/icons.tsx'
import { Money } from '../parts/money.tsx'
import { Page } from '../parts/page.tsx'
import { runtimeContext } from '../runtime.server.ts'
import type { Store } from '../store.server.ts'
import { visitContext } from '../visit.server.ts'

export const loader = ({ context, params, request }: LoaderFunctionArgs) =>
  reading(async () => {
    const visit = context.get(visitContext)
    visit.mustBeSignedIn({ orGuest: true })
    const path = { orderId: params.orderId ?? '' }
    const [order, payments, returns] = await Promise.all([
      visit.souk.getOrder({ path }),
      perhaps(visit.souk.listOrderPayments({ path }), { items: [] }),
      perhaps(visit.souk.listReturns({ path }), { items: [] }),
    ])
    const { store } = context.get(runtimeContext)
    const [shop, called] = await Promise.all([
      perhaps(store.shop(order.shopId), undefined),
      calledIn(store, order, langOf(new URL(request.url).pathname)),
    ])
    const waiting = payments.items.find(({ status, redirectUrl }) => status === 'pending' && redirectUrl !== null)
    return {
      order: { ...order, adjustments: order.adjustments?.map((each) => ({ ...each, label: called(each) })) },
      shop: shop && { name: shop.name, slug: shop.slug },
      payUrl: waiting?.redirectUrl ?? null,
      payment: stateOf(payments.items.map(({ status }) => status)),
      refundedMinor: payments.items.reduce((sum, { refundedMinor }) => sum + refundedMinor, 0),
      returns: returns.items,
      canReturn: order.status === 'delivered' && unitsOf(order.lines) > unitsOf(returns.items.flatMap(goingBack)),
    }
  })

type Return = ListReturnsResponse['items'][number]
const unitsOf = (lines: readonly { quantity: number }[]) => lines.reduce((sum, { quantity }) => sum + quantity, 0)
const goingBack = ({ state, lines }: Return) => (state === 'refused' ? [] : lines)

/** Money came or may have; somebody tried in vain; or nobody paid. */
function stateOf(payments: readonly string[]): 'paid' | 'declined' | 'unpaid' {
  if (payments.some((status) => !['created', 'pending', 'failed', 'voided', 'called-off'].includes(status)))
    return 'paid'
  return payments.includes('failed') ? 'declined' : 'unpaid'
}

/** An order keeps what delivery and tax were called first of all; to its reader they are what they are called now in his language. */
async function calledIn(store: Store, { shopId, adjustments = [] }: Order, lang: Lang) {
  const kinds = new Set(adjustments.map(({ kind }) => kind))
  const [shipping, tax] = await Promise.all([
    kinds.has('shipping') ? perhaps(store.shippingRates(shopId), []) : [],
    kinds.has('tax') ? perhaps(store.taxRates(), []) : [],
  ])
  const names = new Map<string, string | undefined>([
    ...shipping.map(({ name, names }) => [`shipping ${name}`, names[lang]] as const),
    ...tax.flatMap(({ rates }) => rates.map(({ label, labels }) => [`tax ${label}`, labels[lang]] as const)),
  ])
  return ({ kind, label }: { kind: string; label: string }) => names.get(`${kind} ${label}`) ?? label
}

export async function action({ context, params }: ActionFunctionArgs): Promise<Answered> {
  const visit = context.get(visitContext)
  visit.mustBeSignedIn({ orGuest: true })
  try {
    await visit.souk.cancelOrder({ path: { orderId: params.orderId ?? '' } })
    return { ok: true }
  } catch (error) {
    return failureOf(error)
  }
}

const way = ['placed', 'confirmed', 'shipped', 'delivered'] as const
/** Nothing more happens by itself. */
const final = new Set(['delivered', 'cancelled'])
const lookAgainMs = 2_000

export default function OrderPage() {
  const { order, shop, payUrl, payment, refundedMinor, returns, canReturn } = useLoaderData<typeof loader>()
  const answer = useActionData<typeof action>()
  const { t, to, date, region } = useWords()
  const [search] = useSearchParams()
  const { revalidate } = useRevalidator()
  const { state } = useNavigation()
  const over = final.has(order.status)
  useEffect(() => {
    if (over) return
    const timer = setInterval(() => {
      if (!document.hidden) void revalidate()
    }, lookAgainMs)
    return () => clearInterval(timer)
  }, [over, revalidate])

  const number = order.id.slice(-6).toUpperCase()
  const others = (search.get('with') ?? '').split(',').filter((id) => /^[0-9a-f-]{36}$/.test(id))
  const reached = order.status === 'partly-shipped' ? 2 : way.indexOf(order.status as (typeof way)[number])
  const atOf = (status: string) => order.history.find((each) => each.status === status)?.at
  return (
    <Page className="max-w-4xl!">
      <title>{`${t('order.title', { number })} · ${t('site.name')}`}</title>
      {search.has('placed') && (
        <div className="mt-6">
          <Alert tone="good" title={t('order.thanks')}>
            {others.map((id) => (
              <p key={id}>
                <Link to={to(`/orders/${id}`)} className="underline">
                  {t('order.title', { number: id.slice(-6).toUpperCase() })}
                </Link>
              </p>
            ))}
          </Alert>
        </div>
      )}
      {search.has('refused') && (
        <div className="mt-3">
          <Alert
            tone="warn"
            actions={
              <Link to={to('/cart')} className={buttonClass({ size: 'sm' })}>
                {t('nav.cart')}
              </Link>
            }
          >
            {t('checkout.partly')}
          </Alert>
        </div>
      )}
      <header className="mt-8 flex flex-wrap items-end justify-between gap-4">
        <div>
          <p className="text-sm text-quiet">{t('order.placed-on', { date: date(order.placedAt, 'minute') })}</p>
          <h1 className="display mt-1 text-3xl sm:text-4xl">{t('order.title', { number })}</h1>
          {shop && (
            <Link to={to(`/s/${shop.slug}`)} className="theirs text-sm text-quiet hover:underline">
              {t('order.from', { shop: shop.name })}
            </Link>
          )}
        </div>
        <Badge
          tone={order.status === 'cancelled' ? 'bad' : order.status === 'placed' ? 'warn' : 'good'}
          className="text-sm!"
        >
          {t(`order.status.${order.status}`)}
        </Badge>
      </header>

      <section className="mt-8 rounded-xl bg-sunken p-6 sm:p-8" aria-live="polite">
        <p className="text-lg font-medium">
          {t(
            order.status === 'confirmed' && order.paymentMethod === 'cash-on-delivery'
              ? 'order.text.confirmed-cash'
              : order.status === 'cancelled' && payment !== 'paid'
                ? `order.text.cancelled-${payment}`
                : `order.text.${order.status}`,
          )}
        </p>
        {order.status !== 'cancelled' && (
          <ol className="mt-6 grid grid-cols-4">
            {way.map((status, at) => {
              const done = at <= reached
              const when = atOf(status)
              return (
                <li
                  key={status}
                  className="relative text-center"
                  {...(at === reached && { 'aria-current': 'step' as const })}
                >
                  {at > 0 && (
                    <span
                      aria-hidden="true"
                      className={cx('absolute top-3.5 right-1/2 h-0.5 w-full', done ? 'bg-accent' : 'bg-line')}
                    />
                  )}
                  <span
                    className={cx(
                      'relative z-10 mx-auto grid size-7 place-items-center rounded-full',
                      done ? 'bg-accent text-accent-ink' : 'bg-line text-quiet',
                    )}
                  >
                    {done && <CheckIcon className="size-4" />}
                  </span>
                  <span className={cx('mt-2 block text-xs sm:text-sm', done ? 'font-medium' : 'text-quiet')}>
                    {t(`order.status.${status}`)}
                  </span>
                  {when !== undefined && <span className="block text-xs text-quiet">{date(when, 'short')}</span>}
                </li>
              )
            })}
          </ol>
        )}
        {order.status === 'placed' && payUrl !== null && /^https?:\/\//.test(payUrl) && (
          <div className="mt-6">
            <a href={payUrl} rel="noopener" className={buttonClass({ variant: 'primary', size: 'lg' })}>
              {t('order.pay')}
            </a>
            {order.toPay !== null && (
              <p className="mt-2 text-sm text-quiet">
                {t('order.pay-until', { time: date(order.toPay.until, 'minute') })}
              </p>
            )}
          </div>
        )}
        {!over && <p className="mt-6 text-sm text-quiet with-script">{t('order.live')}</p>}
        {refundedMinor > 0 && (
          <p className="mt-4 text-sm">
            {t('order.refunded', { amount: '' })}
            <Money minor={refundedMinor} currency={order.currency} />
          </p>
        )}
      </section>

      {order.shipments.length > 0 && (
        <section className="mt-8">
          <ul className="space-y-3">
            {order.shipments.map((shipment) => (
              <li
                key={shipment.id}
                className="flex flex-wrap items-center gap-4 rounded-lg border border-line bg-surface p-4"
              >
                <TruckIcon className="size-6 text-accent" />
                <div className="min-w-0 flex-1">
                  <p className="theirs font-medium">{t('order.shipment', { carrier: shipment.carrier || '–' })}</p>
                  <p className="theirs text-sm text-quiet">{shipment.trackingNumber}</p>
                </div>
                {/^https?:\/\//.test(shipment.trackingUrl) && (
                  <a
                    href={shipment.trackingUrl}
                    rel="noopener noreferrer"
                    target="_blank"
                    className={buttonClass({ size: 'sm' })}
                  >
                    {t('order.track')}
                  </a>
                )}
              </li>
            ))}
          </ul>
        </section>
      )}

      <div className="mt-10 grid gap-10 sm:grid-cols-[3fr_2fr]">
        <section>
          <h2 className="font-semibold">{t('order.goods')}</h2>
          <ul className="mt-2 divide-y divide-line">
            {order.lines.map((line) => (
              <li key={line.variantId} className="flex justify-between gap-4 py-3">
                <span className="theirs">
                  {line.quantity} ×{' '}
                  <Link to={to(`/p/${line.productId}`)} className="hover:underline">
                    {line.title}
                  </Link>
                </span>
                <Money minor={line.totalMinor} currency={order.currency} className="shrink-0" />
              </li>
            ))}
            {(order.adjustments ?? []).map(({ kind, label, amountMinor, code }) => (
              <li key={`${kind} ${label} ${code ?? ''}`} className="flex justify-between gap-4 py-2 text-sm">
                <span className="theirs">{label}</span>
                <Money minor={amountMinor} currency={order.currency} className="shrink-0" />
              </li>
            ))}
            <li className="flex justify-between gap-4 py-3 text-lg font-semibold">
              <span>{t('checkout.total')}</span>
              <Money minor={order.totalMinor} currency={order.currency} />
            </li>
          </ul>
        </section>
        <section className="space-y-6 text-sm">
          {order.delivery !== undefined && (
            <div>
              <h2 className="font-semibold">{t('order.address')}</h2>
              <address className="theirs mt-2 text-quiet not-italic">
                {order.delivery.address.name}
                <br />
                {order.delivery.address.line1}
                <br />
                {order.delivery.address.postalCode} {order.delivery.address.city}
                <br />
                {region(order.delivery.address.country)}
              </address>
            </div>
          )}
          <div>
            <h2 className="font-semibold">{t('order.payment')}</h2>
            <p className="mt-2 text-quiet">
              {order.paymentMethod === 'external' ? '–' : t(`checkout.pay.${order.paymentMethod}`)}
            </p>
          </div>
          {returns.length > 0 && (
            <div>
              <h2 className="font-semibold">{t('order.returns')}</h2>
              <ul className="mt-2 space-y-2">
                {returns.map((each) => (
                  <li key={each.id} className="flex flex-wrap items-center gap-2">
                    <Badge tone={each.state === 'refused' ? 'bad' : 'info'}>{t(`return.state.${each.state}`)}</Badge>
                    <span className="text-quiet">{date(each.requestedAt)}</span>
                    {each.answer !== '' && <span className="theirs w-full text-quiet">{each.answer}</span>}
                  </li>
                ))}
              </ul>
            </div>
          )}
          <div className="flex flex-wrap gap-2">
            {canReturn && (
              <Link to={to(`/orders/${order.id}/return`)} className={buttonClass({})}>
                {t('order.return')}
              </Link>
            )}
            {(order.status === 'placed' || order.status === 'confirmed') && (
              <Form method="post">
                <Button type="submit" variant="quiet" busy={state === 'submitting'} className="-ml-4">
                  {t('order.cancel')}
                </Button>
              </Form>
            )}
          </div>
          <Failed answer={answer} />
        </section>
      </div>
      <p className="mt-12">
        <Link to={to('/')} className={buttonClass({ variant: 'primary' })}>
          {t('order.again')}
        </Link>
      </p>
    </Page>
  )
}
