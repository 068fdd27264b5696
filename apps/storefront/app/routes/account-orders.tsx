import { Badge } from '@souk/ui/plain'
import { Link, type LoaderFunctionArgs, useLoaderData } from 'react-router'
import { reading } from '../answers.server.ts'
import { perhaps } from '../perhaps.server.ts'
import { useWords } from '../i18n/words.tsx'
import { MorePages } from '../parts/lists.tsx'
import { Money } from '../parts/money.tsx'
import { runtimeContext } from '../runtime.server.ts'
import { visitContext } from '../visit.server.ts'

export const loader = ({ context, request }: LoaderFunctionArgs) =>
  reading(async () => {
    const visit = context.get(visitContext)
    visit.mustBeSignedIn()
    const cursor = new URL(request.url).searchParams.get('after')
    const found = await visit.souk.listMyOrders({ query: { limit: 20, ...(cursor !== null && { cursor }) } })
    const { store } = context.get(runtimeContext)
    const ids = [...new Set(found.items.map(({ shopId }) => shopId))]
    const names = await Promise.all(
      ids.map(async (id) => [id, (await perhaps(store.shop(id), undefined))?.name ?? ''] as const),
    )
    return { orders: found.items, next: found.nextCursor, first: cursor === null, shopNames: Object.fromEntries(names) }
  })

export default function Orders() {
  const { orders, next, first, shopNames } = useLoaderData<typeof loader>()
  const { t, to, date } = useWords()
  return (
    <section>
      <title>{`${t('account.orders')} · ${t('site.name')}`}</title>
      <h2 className="display text-2xl">{t('account.orders')}</h2>
      {orders.length === 0 && <p className="mt-3 text-quiet">{t('account.orders-none')}</p>}
      <ul className="mt-4 divide-y divide-line">
        {orders.map((order) => (
          <li key={order.id} className="relative flex flex-wrap items-center gap-x-5 gap-y-1 py-4">
            <div className="min-w-0 flex-1 basis-52">
              <Link
                to={to(`/orders/${order.id}`)}
                className="theirs font-medium after:absolute after:inset-0 hover:underline"
              >
                {order.lines
                  .map(({ title, quantity }) => (quantity > 1 ? `${quantity} × ${title}` : title))
                  .join(', ')
                  .slice(0, 120)}
              </Link>
              <p className="theirs text-sm text-quiet">
                {t('order.title', { number: order.id.slice(-6).toUpperCase() })} · {date(order.placedAt)} ·{' '}
                {shopNames[order.shopId]}
              </p>
            </div>
            <Badge tone={order.status === 'cancelled' ? 'bad' : order.status === 'placed' ? 'warn' : 'good'}>
              {t(`order.status.${order.status}`)}
            </Badge>
            <Money minor={order.totalMinor} currency={order.currency} className="font-semibold" />
          </li>
        ))}
      </ul>
      <MorePages next={next} first={first} />
    </section>
  )
}
