import type { ListShopOrdersResponse, ListStuckOrdersResponse } from '@souk/sdk'
import { buttonClass, EmptyState, formatMoney } from '@souk/ui'
import { Link, useNavigate } from '@tanstack/react-router'
import { PackageCheck, ReceiptText, ThumbsUp } from 'lucide-react'
import { humanise, shortId } from '../format.ts'
import { FilterBar } from '../grid/filter-bar.tsx'
import { type Column, Grid } from '../grid/grid.tsx'
import { useFilters } from '../grid/search.ts'
import { OpenById } from '../parts/open-by-id.tsx'
import { Note } from '../parts/note.tsx'
import { Page } from '../parts/page.tsx'
import { Person } from '../parts/person.tsx'
import { Status, When } from '../parts/status.tsx'
import { useShopId } from '../shop.tsx'
import { souk } from '../souk.ts'

type Listed = ListShopOrdersResponse['items'][number]
type Stuck = ListStuckOrdersResponse['items'][number]

export const orderStates = ['placed', 'confirmed', 'partly-shipped', 'shipped', 'delivered', 'cancelled'] as const

const columns: readonly Column<Listed>[] = [
  {
    id: 'id',
    header: 'Order',
    width: 7,
    grow: 0,
    phone: 'hide',
    cell: ({ id }) => <span className="font-mono text-xs">{shortId(id)}</span>,
  },
  {
    id: 'what',
    header: 'What',
    width: 14,
    grow: 3,
    phone: 'title',
    cell: ({ lines }) =>
      lines.map(({ quantity, title }) => (quantity > 1 ? `${quantity} × ${title}` : title)).join(', '),
  },
  { id: 'status', header: 'State', width: 9, grow: 0, phone: 'end', cell: ({ status }) => <Status of={status} /> },
  {
    id: 'total',
    header: 'Total',
    width: 8,
    grow: 0,
    numeric: true,
    cell: ({ totalMinor, currency }) => formatMoney(totalMinor, currency),
  },
  {
    id: 'paid',
    header: 'Paid by',
    width: 9,
    grow: 0,
    phone: 'hide',
    cell: ({ paymentMethod }) => humanise(paymentMethod),
  },
  { id: 'placed', header: 'Placed', width: 9, grow: 0, cell: ({ placedAt }) => <When at={placedAt} /> },
  {
    id: 'customer',
    header: 'Customer',
    width: 7,
    grow: 0,
    hidden: true,
    phone: 'hide',
    cell: ({ customerId }) => <Person id={customerId} />,
  },
]

const useOpenOrder = () => {
  const navigate = useNavigate()
  return ({ id }: { id: string }) => void navigate({ to: '/orders/$orderId', params: { orderId: id } })
}

export function ShopOrders() {
  const shopId = useShopId()
  const [{ status }] = useFilters()
  const open = useOpenOrder()
  const wanted = orderStates.find((each) => each === status)
  return (
    <Page title="Orders" fill actions={<OpenById what="order" to="/orders/$orderId" param="orderId" />}>
      <FilterBar
        screen="orders"
        filters={[{ name: 'status', label: 'State', options: orderStates.map((each) => [each, humanise(each)]) }]}
      />
      <Grid
        label="Orders"
        columns={columns}
        rowId={({ id }) => id}
        onOpen={open}
        queryKey={['orders', shopId, wanted]}
        refetchMs={15_000}
        list={(page) =>
          souk.listShopOrders({ path: { shopId }, query: { ...page, ...(wanted && { status: wanted }) } })
        }
        empty={
          <EmptyState
            icon={<ReceiptText />}
            title={wanted ? `No order is ${humanise(wanted).toLowerCase()}` : 'No orders yet'}
          >
            Orders appear here the moment they are placed. A product sells once it is active, has a price and lies in
            stock.
          </EmptyState>
        }
      />
    </Page>
  )
}

export function OrdersToShip() {
  const shopId = useShopId()
  const open = useOpenOrder()
  return (
    <Page title="To ship" about="Paid, goods set apart, oldest first." fill>
      <Note of="shop.packing-note" shopId={shopId} />
      <Grid
        label="Orders to ship"
        columns={columns}
        rowId={({ id }) => id}
        onOpen={open}
        queryKey={['orders', shopId, 'to-ship']}
        refetchMs={15_000}
        list={(page) => souk.listOrdersToShip({ path: { shopId }, query: page })}
        empty={
          <EmptyState icon={<PackageCheck />} title="Everything is on its way">
            Confirmed orders wait here until a shipment is recorded: open one, say the carrier and the tracking number.
          </EmptyState>
        }
      />
    </Page>
  )
}

const stuckColumns: readonly Column<Stuck>[] = [
  {
    id: 'id',
    header: 'Order',
    width: 7,
    grow: 0,
    phone: 'title',
    cell: ({ id }) => <span className="font-mono text-xs">{shortId(id)}</span>,
  },
  { id: 'step', header: 'Step', width: 10, cell: ({ step, undoing }) => (undoing ? `undoing ${step}` : step) },
  { id: 'reason', header: 'Why', width: 16, grow: 3, cell: ({ reason }) => <span title={reason}>{reason}</span> },
  { id: 'status', header: 'State', width: 8, grow: 0, phone: 'end', cell: ({ status }) => <Status of={status} /> },
  {
    id: 'attempts',
    header: 'Tries',
    width: 5,
    grow: 0,
    numeric: true,
    phone: 'hide',
    cell: ({ attempts }) => attempts,
  },
  { id: 'since', header: 'Since', width: 8, grow: 0, cell: ({ since }) => <When at={since} ago /> },
  {
    id: 'next',
    header: 'Next try',
    width: 8,
    grow: 0,
    phone: 'hide',
    cell: ({ nextAttemptAt }) => <When at={nextAttemptAt} ago />,
  },
]

export function StuckOrders() {
  const open = useOpenOrder()
  return (
    <Page
      title="Stuck orders"
      about="Steps that failed again and again. They are still tried; open one to retry now or to take it back."
      fill
      actions={<OpenById what="order" to="/orders/$orderId" param="orderId" />}
    >
      <Grid
        label="Stuck orders"
        columns={stuckColumns}
        rowId={({ id, step }) => `${id}/${step}`}
        onOpen={open}
        queryKey={['stuck']}
        refetchMs={10_000}
        list={(page) => souk.listStuckOrders({ query: page })}
        empty={
          <EmptyState
            icon={<ThumbsUp />}
            title="No order is stuck"
            action={
              <Link to="/audit" className={buttonClass()}>
                See the invariants
              </Link>
            }
          >
            When a step of an order fails repeatedly (a provider is down, goods are gone), the order stands here with
            the reason.
          </EmptyState>
        }
      />
    </Page>
  )
}
