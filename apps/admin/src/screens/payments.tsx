import type { GetPaymentResponse, ListTroubledPaymentsResponse } from '@souk/sdk'
import { Alert, Button, Card, EmptyState, formatMoney, Table, Tabs, Td, Th, Tr } from '@souk/ui'
import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { HandCoins, Landmark } from 'lucide-react'
import { useState } from 'react'
import { formatCount, formatMoment, humanise, shortId } from '../format.ts'
import { type Column, Grid } from '../grid/grid.tsx'
import { Loaded, Page } from '../parts/page.tsx'
import { Status, When } from '../parts/status.tsx'
import { useShopId } from '../shop.tsx'
import { souk } from '../souk.ts'

type Payment = GetPaymentResponse
type Troubled = ListTroubledPaymentsResponse['items'][number]

const of: readonly Column<Payment>[] = [
  {
    id: 'order',
    header: 'Order',
    width: 7,
    grow: 0,
    phone: 'title',
    cell: ({ orderId }) => <span className="font-mono text-xs">{shortId(orderId)}</span>,
  },
  {
    id: 'method',
    header: 'Method',
    width: 9,
    cell: ({ method, provider }) => `${humanise(method)}${provider ? ` · ${provider}` : ''}`,
  },
  { id: 'status', header: 'State', width: 10, grow: 0, phone: 'end', cell: ({ status }) => <Status of={status} /> },
  {
    id: 'amount',
    header: 'Amount',
    width: 8,
    grow: 0,
    numeric: true,
    cell: ({ amountMinor, currency }) => formatMoney(amountMinor, currency),
  },
  {
    id: 'captured',
    header: 'Captured',
    width: 8,
    grow: 0,
    numeric: true,
    phone: 'hide',
    cell: ({ capturedMinor, currency }) => formatMoney(capturedMinor, currency),
  },
  {
    id: 'refunded',
    header: 'Refunded',
    width: 8,
    grow: 0,
    numeric: true,
    phone: 'hide',
    cell: ({ refundedMinor, currency }) => formatMoney(refundedMinor, currency),
  },
  { id: 'at', header: 'Last', width: 9, grow: 0, cell: ({ history }) => <When at={history.at(-1)?.at ?? null} /> },
]

const useOpenOrder = () => {
  const navigate = useNavigate()
  return (orderId: string) => void navigate({ to: '/orders/$orderId', params: { orderId } })
}

export function ShopPayments() {
  const shopId = useShopId()
  const open = useOpenOrder()
  return (
    <Page title="Payments" fill>
      <Grid
        label="Payments"
        columns={of}
        rowId={({ id }) => id}
        onOpen={({ orderId }) => open(orderId)}
        queryKey={['payments', 'shop', shopId]}
        list={(page) => souk.listShopPayments({ path: { shopId }, query: page })}
        empty={
          <EmptyState icon={<Landmark />} title="No payments yet">
            Each order that is placed asks for its money here. Open one to refund it.
          </EmptyState>
        }
      />
    </Page>
  )
}

const troubled: readonly Column<Troubled>[] = [
  {
    id: 'order',
    header: 'Order',
    width: 7,
    grow: 0,
    phone: 'title',
    cell: ({ payment }) => <span className="font-mono text-xs">{shortId(payment.orderId)}</span>,
  },
  { id: 'what', header: 'What is wrong', width: 14, grow: 3, cell: ({ alarm, waitsFor }) => alarm ?? waitsFor ?? '–' },
  {
    id: 'status',
    header: 'State',
    width: 9,
    grow: 0,
    phone: 'end',
    cell: ({ payment }) => <Status of={payment.status} />,
  },
  {
    id: 'amount',
    header: 'Amount',
    width: 8,
    grow: 0,
    numeric: true,
    cell: ({ payment }) => formatMoney(payment.amountMinor, payment.currency),
  },
  {
    id: 'provider',
    header: 'Provider',
    width: 8,
    grow: 0,
    phone: 'hide',
    cell: ({ payment }) => payment.provider ?? humanise(payment.method),
  },
]

export function Money() {
  const open = useOpenOrder()
  return (
    <Page title="Money">
      <Tabs
        label="Money"
        tabs={[
          {
            value: 'troubled',
            label: 'Troubled payments',
            content: (
              <Grid
                inset
                label="Troubled payments"
                columns={troubled}
                rowId={({ payment }) => payment.id}
                onOpen={({ payment }) => open(payment.orderId)}
                queryKey={['payments', 'troubled']}
                list={(page) => souk.listTroubledPayments({ query: page })}
                refetchMs={20_000}
                empty={
                  <EmptyState icon={<HandCoins />} title="Every payment goes its way">
                    What a provider refuses again and again, or does not answer for, stands here with what it waits for.
                  </EmptyState>
                }
              />
            ),
          },
          { value: 'ledger', label: 'Ledger', content: <Ledger /> },
          { value: 'reconcile', label: 'Reconciliation', content: <Reconciliation /> },
        ]}
      />
    </Page>
  )
}

function Ledger() {
  const query = useQuery({ queryKey: ['ledger'], queryFn: () => souk.getLedgerBalances() })
  return (
    <Card title="Balances" flush>
      <Loaded query={query}>
        {({ items }) => (
          <Table label="Balances of the ledger">
            <thead>
              <tr>
                <Th>Account</Th>
                <Th numeric>Balance</Th>
              </tr>
            </thead>
            <tbody>
              {items.map(({ account, currency, balanceMinor }) => (
                <Tr key={`${account} ${currency}`}>
                  <Td>{account}</Td>
                  <Td numeric>{formatMoney(balanceMinor, currency)}</Td>
                </Tr>
              ))}
            </tbody>
          </Table>
        )}
      </Loaded>
    </Card>
  )
}

function Reconciliation() {
  const [asked, setAsked] = useState(false)
  const query = useQuery({
    queryKey: ['reconciliation'],
    queryFn: () => souk.reconcilePayments(),
    enabled: asked,
    retry: false,
  })
  return (
    <Card
      title="Our books beside the provider's"
      actions={
        <Button size="sm" busy={query.isFetching} onClick={() => (asked ? void query.refetch() : setAsked(true))}>
          Compare now
        </Button>
      }
    >
      {!asked && (
        <p className="text-sm text-quiet">
          Asks each provider what it captured and paid back since yesterday, and lays it beside what we know.
        </p>
      )}
      {asked && (
        <Loaded query={query}>
          {({ items }) => (
            <div className="flex flex-col gap-4">
              {items.map((item) => (
                <div key={item.provider} className="flex flex-col gap-2 text-sm">
                  <p>
                    <b>{item.provider}</b>, {formatMoment(item.from)} to {formatMoment(item.to)}:{' '}
                    {formatCount(item.compared)} payments compared
                  </p>
                  {item.differences.length === 0 ? (
                    <Alert tone="good" title="Both books say the same" />
                  ) : (
                    <ul className="flex flex-col gap-1">
                      {item.differences.map((difference) => (
                        <li key={`${difference.reference} ${difference.cause}`} className="wrap-anywhere">
                          <Status of={difference.cause} /> {difference.reference}: {difference.detail} (ours{' '}
                          {formatMoney(difference.oursMinor, difference.currency)}, theirs{' '}
                          {formatMoney(difference.theirsMinor, difference.currency)})
                        </li>
                      ))}
                    </ul>
                  )}
                  {item.more > 0 && <p className="text-quiet">and {formatCount(item.more)} more</p>}
                </div>
              ))}
            </div>
          )}
        </Loaded>
      )}
    </Card>
  )
}
