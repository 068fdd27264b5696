import { Badge } from '@souk/ui/plain'
import { Link, type LoaderFunctionArgs, useLoaderData } from 'react-router'
import { reading } from '../answers.server.ts'
import { perhaps } from '../perhaps.server.ts'
import { useWords } from '../i18n/words.tsx'
import { Money } from '../parts/money.tsx'
import { visitContext } from '../visit.server.ts'

/** Returns belong to orders: of the latest fifty that arrived, those that have some. */
export const loader = ({ context }: LoaderFunctionArgs) =>
  reading(async () => {
    const visit = context.get(visitContext)
    visit.mustBeSignedIn()
    const { items } = await visit.souk.listMyOrders({ query: { limit: 50 } })
    const delivered = items.filter(({ status }) => status === 'delivered')
    const found = await Promise.all(
      delivered.map(async (order) =>
        (await perhaps(visit.souk.listReturns({ path: { orderId: order.id } }), { items: [] })).items.map((each) => ({
          ...each,
          titles: each.lines.map(
            ({ variantId }) => order.lines.find((line) => line.variantId === variantId)?.title ?? '',
          ),
        })),
      ),
    )
    return found.flat().sort((one, other) => (one.requestedAt < other.requestedAt ? 1 : -1))
  })

export default function Returns() {
  const returns = useLoaderData<typeof loader>()
  const { t, to, date } = useWords()
  return (
    <section>
      <title>{`${t('account.returns')} · ${t('site.name')}`}</title>
      <h2 className="display text-2xl">{t('account.returns')}</h2>
      {returns.length === 0 && <p className="mt-3 text-quiet">{t('account.returns-none')}</p>}
      <ul className="mt-4 divide-y divide-line">
        {returns.map((each) => (
          <li key={each.id} className="relative flex flex-wrap items-center gap-x-5 gap-y-1 py-4">
            <div className="min-w-0 flex-1 basis-52">
              <Link
                to={to(`/orders/${each.orderId}`)}
                className="theirs font-medium after:absolute after:inset-0 hover:underline"
              >
                {each.titles.join(', ')}
              </Link>
              <p className="text-sm text-quiet">{date(each.requestedAt)}</p>
            </div>
            <Badge tone={each.state === 'refused' ? 'bad' : each.state === 'settled' ? 'good' : 'info'}>
              {t(`return.state.${each.state}`)}
            </Badge>
            {each.refundMinor !== null && (
              <Money minor={each.refundMinor} currency={each.currency} className="font-semibold" />
            )}
          </li>
        ))}
      </ul>
    </section>
  )
}
