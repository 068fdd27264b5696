import type { GetOrderTimelineResponse, Order } from '@souk/sdk'
import { Alert, Badge, Card, cx, Facts, formatMoney, Table, Tabs, Td, Th, Tr } from '@souk/ui'
import { useQuery } from '@tanstack/react-query'
import { Link, useParams } from '@tanstack/react-router'
import { formatExact, humanise, shortId } from '../format.ts'
import { Loaded, Page } from '../parts/page.tsx'
import { Status, When } from '../parts/status.tsx'
import { useSession } from '../session.tsx'
import { useShopQuery } from '../shop.tsx'
import { souk } from '../souk.ts'
import { OrderActions } from './order-actions.tsx'
import { OrderPayments } from './order-payments.tsx'
import { ReturnsOfOrder } from './returns.tsx'

const finished = new Set(['delivered', 'cancelled'])

export function OrderDetail() {
  const { orderId = '' } = useParams({ strict: false })
  const order = useQuery({
    queryKey: ['order', orderId],
    queryFn: () => souk.getOrder({ path: { orderId } }),
    refetchInterval: ({ state }) => (finished.has(state.data?.status ?? '') ? 30_000 : 4_000),
  })
  return (
    <Page title={`Order ${shortId(orderId)}`} about={<span className="font-mono text-xs">{orderId}</span>}>
      <Loaded query={order}>{(data) => <Whole order={data} />}</Loaded>
    </Page>
  )
}

function Whole({ order }: { order: Order }) {
  const { operator, may } = useSession()
  const shop = useShopQuery(order.shopId)
  const staff = may(order.shopId, 'orders')
  const timeline = useQuery({
    queryKey: ['timeline', order.id],
    queryFn: () => souk.getOrderTimeline({ path: { orderId: order.id } }),
    refetchInterval: finished.has(order.status) ? 30_000 : 4_000,
  })
  return (
    <>
      <OrderActions order={order} timeline={timeline.data} />
      {timeline.data?.notes.map((note) => (
        <Alert key={note} tone="warn" title="Not everything could be asked">
          {note}
        </Alert>
      ))}
      <div className="grid gap-4 lg:grid-cols-[3fr_2fr]">
        <div className="flex min-w-0 flex-col gap-4">
          <Card title="Lines" flush>
            <Table label="Lines of the order">
              <thead>
                <tr>
                  <Th>Article</Th>
                  <Th numeric>Units</Th>
                  <Th numeric className="max-sm:hidden">
                    Each
                  </Th>
                  <Th numeric>Total</Th>
                </tr>
              </thead>
              <tbody>
                {order.lines.map((line) => (
                  <Tr key={line.variantId}>
                    <Td className="min-w-32">
                      <Link
                        to="/products/$productId"
                        params={{ productId: line.productId }}
                        className="text-accent wrap-anywhere"
                      >
                        {line.title}
                      </Link>
                      <span className="block text-xs text-quiet">
                        {line.sku} {line.saleWindowId !== null && <Badge tone="accent">Sale</Badge>}
                      </span>
                    </Td>
                    <Td numeric>{line.quantity}</Td>
                    <Td numeric className="max-sm:hidden">
                      {formatMoney(line.unitPriceMinor, order.currency)}
                    </Td>
                    <Td numeric>{formatMoney(line.totalMinor, order.currency)}</Td>
                  </Tr>
                ))}
                <Adjustments order={order} />
              </tbody>
              <tfoot>
                <tr className="border-t border-edge/40 font-semibold">
                  <Td colSpan={2}>Total</Td>
                  <Td className="max-sm:hidden" />
                  <Td numeric>{formatMoney(order.totalMinor, order.currency)}</Td>
                </tr>
              </tfoot>
            </Table>
          </Card>
          <Card title="What happened">
            <Loaded query={timeline}>{(data) => <Timeline timeline={data} />}</Loaded>
          </Card>
        </div>
        <div className="flex min-w-0 flex-col gap-4">
          <Card title="About">
            <Facts
              items={[
                ['State', <Status key="state" of={order.status} />],
                ['Shop', shop.data?.name ?? shortId(order.shopId)],
                ['Customer', <CustomerCell key="customer" order={order} />],
                ['Placed', formatExact(order.placedAt)],
                ['Paid by', humanise(order.paymentMethod)],
                ...(order.toPay ? [['To be paid until', formatExact(order.toPay.until)] as const] : []),
              ]}
            />
          </Card>
          {(staff || operator) && <OrderPayments orderId={order.id} shopId={order.shopId} />}
          <Card title="Shipments">
            {order.shipments.length === 0 ? (
              <p className="text-sm text-quiet">Nothing has been sent.</p>
            ) : (
              <ul className="flex flex-col gap-3">
                {order.shipments.map((shipment) => (
                  <li key={shipment.id} className="text-sm">
                    <div className="flex items-center gap-2">
                      <Status of={shipment.state} />
                      <span>{shipment.carrier || 'No carrier named'}</span>
                      <span className="ml-auto">
                        <When at={shipment.shippedAt ?? shipment.createdAt} />
                      </span>
                    </div>
                    {shipment.trackingNumber !== '' && (
                      <Tracking url={shipment.trackingUrl} number={shipment.trackingNumber} />
                    )}
                    <p className="text-xs text-quiet">
                      {shipment.lines
                        .map(({ variantId, quantity }) => {
                          const line = order.lines.find((each) => each.variantId === variantId)
                          return `${quantity} × ${line?.title ?? variantId}`
                        })
                        .join(', ')}
                    </p>
                  </li>
                ))}
              </ul>
            )}
          </Card>
          <ReturnsOfOrder order={order} />
          {operator && timeline.data && <Steps timeline={timeline.data} />}
        </div>
      </div>
    </>
  )
}

/** Whose it is: by name for those who may know it. */
function CustomerCell({ order }: { order: Order }) {
  const { operator } = useSession()
  return operator ? (
    <CustomerName customerId={order.customerId} />
  ) : (
    <span className="font-mono text-xs">{order.customerId}</span>
  )
}

function CustomerName({ customerId }: { customerId: string }) {
  const { data } = useQuery({
    queryKey: ['customer', customerId],
    queryFn: () => souk.getCustomer({ path: { customerId } }),
    retry: false,
  })
  const name = data && (`${data.givenName} ${data.familyName}`.trim() || data.email)
  return name ? (
    <Link to="/customers" search={{ q: data.email ?? name } as never} className="text-accent">
      {name}
    </Link>
  ) : (
    <span className="font-mono text-xs">{customerId}</span>
  )
}

/** Vouchers, delivery, tax: whatever stands between the lines and the total. */
function Adjustments({ order }: { order: Order }) {
  return (order.adjustments ?? []).map(({ kind, label, amountMinor }, index) => (
    <Tr key={`${kind}-${index}`}>
      <Td colSpan={2}>
        {label} <span className="text-xs text-quiet">{humanise(kind)}</span>
      </Td>
      <Td className="max-sm:hidden" />
      <Td numeric>{formatMoney(amountMinor, order.currency)}</Td>
    </Tr>
  ))
}

/** A link only to where links may lead: what staff typed is not trusted to be an address. */
function Tracking({ url, number }: { url: string; number: string }) {
  return /^https?:\/\//.test(url) ? (
    <a href={url} target="_blank" rel="noreferrer" className="figures text-accent wrap-anywhere">
      {number}
    </a>
  ) : (
    <span className="figures wrap-anywhere">{number}</span>
  )
}

const dots: Readonly<Record<string, string>> = {
  state: 'bg-accent',
  payment: 'bg-good',
  goods: 'bg-info',
  shipment: 'bg-info',
  return: 'bg-warn',
  message: 'bg-edge',
  step: 'bg-line',
  event: 'bg-line',
}

function Timeline({ timeline }: { timeline: GetOrderTimelineResponse }) {
  // While money is awaited its provider is looked at every few minutes: that is for whoever asks for everything.
  const isLook = ({ kind, what }: { kind: string; what: string }) => kind === 'payment' && /^look\b/i.test(what)
  const people = timeline.entries.filter((entry) => entry.kind !== 'step' && entry.kind !== 'event' && !isLook(entry))
  const list = (entries: GetOrderTimelineResponse['entries']) => (
    <ol className="relative flex flex-col gap-3 border-l border-line pl-4">
      {entries.map((entry, index) => (
        <li key={`${entry.at}-${index}`} className="relative text-sm">
          <span
            aria-hidden="true"
            className={cx(
              'absolute top-1.5 -left-[1.32rem] size-2.5 rounded-full ring-2 ring-surface',
              dots[entry.kind],
            )}
          />
          <div className="flex flex-wrap items-baseline gap-x-3">
            <span className="font-medium wrap-anywhere">{humanise(entry.what)}</span>
            <span className="text-xs text-quiet">{entry.kind}</span>
            <span className="ml-auto text-xs text-quiet">
              <When at={entry.at} />
            </span>
          </div>
          {entry.detail !== '' && <p className="text-xs text-quiet wrap-anywhere">{entry.detail}</p>}
        </li>
      ))}
    </ol>
  )
  return (
    <Tabs
      label="Timeline"
      tabs={[
        { value: 'people', label: 'In short', count: people.length, content: list(people) },
        { value: 'all', label: 'Everything', count: timeline.entries.length, content: list(timeline.entries) },
      ]}
    />
  )
}

function Steps({ timeline }: { timeline: GetOrderTimelineResponse }) {
  if (timeline.steps.length === 0) return null
  return (
    <Card title="Steps">
      <ul className="flex flex-col gap-2 text-sm">
        {timeline.steps.map((step) => (
          <li key={step.step}>
            <div className="flex items-center gap-2">
              <span className="font-medium">{humanise(step.step)}</span>
              <Status of={step.state} />
              {step.attempts > 1 && <span className="text-xs text-quiet">{step.attempts} tries</span>}
            </div>
            {step.reason !== '' && <p className="text-xs text-quiet wrap-anywhere">{step.reason}</p>}
            {step.nextAt !== null && (
              <p className="text-xs text-quiet">
                next try <When at={step.nextAt} ago />
              </p>
            )}
          </li>
        ))}
      </ul>
    </Card>
  )
}
