import type { GetCustomerResponse, ListCustomersResponse } from '@souk/sdk'
import { Badge, Button, Card, Dialog, EmptyState, Facts, Field, Input, parseMoney } from '@souk/ui'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { Mail, Users } from 'lucide-react'
import { type FormEvent, useState } from 'react'
import { formatDay, formatExact, humanise } from '../format.ts'
import { FilterBar } from '../grid/filter-bar.tsx'
import { type Column, Grid } from '../grid/grid.tsx'
import { useFilters } from '../grid/search.ts'
import { useAct } from '../parts/act.ts'
import { Loaded, Page } from '../parts/page.tsx'
import { Picture } from '../parts/picture.tsx'
import { Status, When } from '../parts/status.tsx'
import { souk } from '../souk.ts'
import { word } from '../work/form.ts'

type Listed = ListCustomersResponse['items'][number]

const nameOf = ({ givenName, familyName, email, closedAt }: Omit<Listed, 'addresses'>): string =>
  `${givenName} ${familyName}`.trim() || (email ?? (closedAt === null ? 'No name' : 'Closed account'))

const columns: readonly Column<Listed>[] = [
  {
    id: 'name',
    header: 'Name',
    width: 11,
    grow: 2,
    phone: 'title',
    cell: (customer) => (
      <span className="flex min-w-0 items-center gap-2">
        {customer.avatar && (
          <Picture picture={{ url: customer.avatar.url, alt: '' }} size="xs" className="rounded-full" />
        )}
        <span className="truncate font-medium">{nameOf(customer)}</span>
      </span>
    ),
  },
  { id: 'email', header: 'E-mail', width: 13, grow: 3, cell: ({ email }) => email ?? '–' },
  { id: 'phone', header: 'Phone', width: 9, phone: 'hide', cell: ({ phone }) => phone ?? '–' },
  {
    id: 'kind',
    header: 'Kind',
    width: 6,
    grow: 0,
    phone: 'end',
    cell: ({ guest, closedAt }) =>
      closedAt !== null ? (
        <Badge tone="warn">Closed</Badge>
      ) : guest ? (
        <Badge>Guest</Badge>
      ) : (
        <Badge tone="good">Account</Badge>
      ),
  },
  {
    id: 'language',
    header: 'Language',
    width: 6,
    grow: 0,
    phone: 'hide',
    cell: ({ language, currency }) => `${language} · ${currency}`,
  },
  { id: 'since', header: 'Since', width: 8, grow: 0, cell: ({ createdAt }) => <When at={createdAt} /> },
]

export function Customers() {
  const [{ q }] = useFilters()
  const [opened, setOpened] = useState<string>()
  return (
    <Page title="Customers" fill>
      <FilterBar screen="customers" search="Name or e-mail" />
      <Grid
        label="Customers"
        columns={columns}
        rowId={({ id }) => id}
        onOpen={({ id }) => setOpened(id)}
        queryKey={['customers', q]}
        list={(page) => souk.listCustomers({ query: { ...page, ...(q && { query: q }) } })}
        empty={
          <EmptyState icon={<Users />} title={q ? `Nobody matches “${q}”` : 'No customers yet'}>
            Whoever registers or orders as a guest stands here, with addresses and consents.
          </EmptyState>
        }
      />
      {opened && <CustomerDrawer customerId={opened} close={() => setOpened(undefined)} />}
    </Page>
  )
}

function CustomerDrawer({ customerId, close }: { customerId: string; close: () => void }) {
  const query = useQuery({
    queryKey: ['customer', customerId],
    queryFn: () => souk.getCustomer({ path: { customerId } }),
  })
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && close()}
      drawer
      title={query.data ? nameOf(query.data) : 'Customer'}
      description={query.data?.email ?? undefined}
    >
      <Loaded query={query}>{(customer) => <Whole customer={customer} />}</Loaded>
    </Dialog>
  )
}

function Whole({ customer }: { customer: GetCustomerResponse }) {
  return (
    <div className="flex flex-col gap-4 pb-6">
      {customer.avatar && (
        <Picture picture={{ url: customer.avatar.url, alt: nameOf(customer) }} className="rounded-full" />
      )}
      <Facts
        items={[
          [
            'Id',
            <span key="id" className="font-mono text-xs">
              {customer.id}
            </span>,
          ],
          [
            'Kind',
            customer.closedAt !== null
              ? `Closed ${formatExact(customer.closedAt)}`
              : customer.guest
                ? 'Guest'
                : 'Account',
          ],
          ['Phone', customer.phone ?? '–'],
          ['Born', customer.birthDate ? formatDay(customer.birthDate) : '–'],
          ['Gender', customer.gender ?? '–'],
          ['Language', customer.language],
          ['Since', formatExact(customer.createdAt)],
        ]}
      />
      <Card title="Addresses">
        {customer.addresses.length === 0 && <p className="text-sm text-quiet">None.</p>}
        <ul className="flex flex-col gap-3 text-sm">
          {customer.addresses.map((address) => (
            <li key={address.id}>
              <p className="font-medium">
                {address.name} {address.defaultDelivery && <Badge tone="accent">Delivery</Badge>}{' '}
                {address.defaultBilling && <Badge>Billing</Badge>}
              </p>
              <p className="text-quiet wrap-anywhere">
                {[
                  address.company,
                  address.line1,
                  address.line2,
                  `${address.postalCode} ${address.city}`,
                  address.region,
                  address.country,
                ]
                  .filter((each) => each.trim() !== '')
                  .join(', ')}
              </p>
            </li>
          ))}
        </ul>
      </Card>
      <Card title="Consents">
        <ul className="flex flex-col gap-1.5 text-sm">
          {customer.consents.map(({ purpose, given, at, source }) => (
            <li key={purpose} className="flex flex-wrap items-center justify-between gap-2">
              <span>{humanise(purpose)}</span>
              <span className="flex items-center gap-2 text-xs text-quiet">
                {at !== null && (
                  <>
                    {source} <When at={at} />
                  </>
                )}
                <Badge tone={given ? 'good' : 'neutral'}>{given ? 'Given' : 'Not given'}</Badge>
              </span>
            </li>
          ))}
        </ul>
      </Card>
      <Credit customer={customer} />
      <Card title="Messages">
        <Grid
          inset
          label="Messages to this customer"
          queryKey={['messages', 'customer', customer.id]}
          list={(page) => souk.listCustomerNotifications({ path: { customerId: customer.id }, query: page })}
          rowId={({ messageId, channel }) => `${messageId} ${channel}`}
          columns={[
            {
              id: 'subject',
              header: 'Message',
              width: 9,
              grow: 2,
              phone: 'title',
              cell: ({ subject, kind }) => subject || humanise(kind),
            },
            {
              id: 'order',
              header: 'Order',
              width: 5,
              grow: 0,
              cell: ({ orderId }) =>
                orderId === null ? (
                  '–'
                ) : (
                  <Link to="/orders/$orderId" params={{ orderId }} className="text-accent">
                    open
                  </Link>
                ),
            },
            {
              id: 'state',
              header: 'State',
              width: 6,
              grow: 0,
              phone: 'end',
              cell: ({ state }) => <Status of={state} />,
            },
          ]}
          empty={
            <EmptyState icon={<Mail />} title="Nothing was sent yet">
              What the marketplace writes to this customer stands here, with how it went.
            </EmptyState>
          }
        />
      </Card>
    </div>
  )
}

/** Money that shows good will: goes into the customer's wallet, and stands in the ledger. */
function Credit({ customer }: { customer: GetCustomerResponse }) {
  const [fault, setFault] = useState<string>()
  const { currency } = customer
  const credit = useAct({
    run: (body: { amountMinor: number; currency: string; note: string }) =>
      souk.creditWallet({ path: { customerId: customer.id }, body }),
    stale: [['ledger']],
    done: 'The wallet is credited',
  })
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const form = event.currentTarget
    const data = new FormData(form)
    const amountMinor = parseMoney(word(data, 'amount'), currency)
    if (amountMinor === undefined || amountMinor < 1) return setFault('Write it like 5.00.')
    setFault(undefined)
    credit.mutate({ amountMinor, currency, note: word(data, 'note') }, { onSuccess: () => form.reset() })
  }
  return (
    <Card title="Credit the wallet">
      <form onSubmit={submit} className="grid items-start gap-3 sm:grid-cols-[8rem_1fr_auto]">
        <Field label={`Amount in ${currency}`} error={fault}>
          <Input name="amount" inputMode="decimal" required />
        </Field>
        <Field label="Why">
          <Input name="note" required maxLength={200} />
        </Field>
        <Button type="submit" busy={credit.isPending} className="sm:mt-6.5">
          Credit
        </Button>
      </form>
    </Card>
  )
}
