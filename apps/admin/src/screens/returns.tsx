import type { Order, Return } from '@souk/sdk'
import {
  Button,
  Card,
  Dialog,
  DialogClose,
  EmptyState,
  Facts,
  Field,
  formatMoney,
  Input,
  Select,
  Textarea,
} from '@souk/ui'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { Undo2 } from 'lucide-react'
import { type FormEvent, useState } from 'react'
import { humanise, shortId } from '../format.ts'
import { FilterBar } from '../grid/filter-bar.tsx'
import { type Column, Grid } from '../grid/grid.tsx'
import { useFilters } from '../grid/search.ts'
import { useAct } from '../parts/act.ts'
import { Page } from '../parts/page.tsx'
import { Status, When } from '../parts/status.tsx'
import { useSession } from '../session.tsx'
import { useShopId } from '../shop.tsx'
import { souk } from '../souk.ts'

const states = ['requested', 'approved', 'receiving', 'received', 'settled', 'refused'] as const

const columns: readonly Column<Return>[] = [
  {
    id: 'order',
    header: 'Order',
    width: 7,
    grow: 0,
    phone: 'title',
    cell: ({ orderId }) => <span className="font-mono text-xs">{shortId(orderId)}</span>,
  },
  { id: 'reason', header: 'Reason', width: 9, cell: ({ reason }) => humanise(reason) },
  { id: 'note', header: 'Note', width: 14, grow: 3, phone: 'hide', cell: ({ note }) => note },
  {
    id: 'units',
    header: 'Units',
    width: 5,
    grow: 0,
    numeric: true,
    cell: ({ lines }) => lines.reduce((sum, { quantity }) => sum + quantity, 0),
  },
  { id: 'state', header: 'State', width: 8, grow: 0, phone: 'end', cell: ({ state }) => <Status of={state} /> },
  { id: 'asked', header: 'Asked for', width: 8, grow: 0, cell: ({ requestedAt }) => <When at={requestedAt} ago /> },
]

export function Returns() {
  const shopId = useShopId()
  const [{ state }] = useFilters()
  const [opened, setOpened] = useState<string>()
  const wanted = states.find((each) => each === state)
  return (
    <Page title="Returns" fill>
      <FilterBar
        screen="returns"
        filters={[{ name: 'state', label: 'State', options: states.map((each) => [each, humanise(each)]) }]}
      />
      <Grid
        label="Returns"
        columns={columns}
        rowId={({ id }) => id}
        onOpen={({ id }) => setOpened(id)}
        queryKey={['returns', shopId, wanted]}
        list={(page) =>
          souk.listShopReturns({ path: { shopId }, query: { ...page, ...(wanted && { state: wanted }) } })
        }
        empty={
          <EmptyState icon={<Undo2 />} title="No returns">
            Customers ask for a return in their orders. Here you approve or refuse it, and say what came back and in
            which state.
          </EmptyState>
        }
      />
      {opened !== undefined && <ReturnDialog returnId={opened} close={() => setOpened(undefined)} />}
    </Page>
  )
}

function ReturnDialog({ returnId, close }: { returnId: string; close: () => void }) {
  const query = useQuery({ queryKey: ['return', returnId], queryFn: () => souk.getReturn({ path: { returnId } }) })
  return (
    <Dialog open onOpenChange={(open) => !open && close()} drawer title="Return">
      {query.data && <ReturnCare back={query.data} />}
    </Dialog>
  )
}

export function ReturnsOfOrder({ order }: { order: Order }) {
  const query = useQuery({
    queryKey: ['returns', 'order', order.id],
    queryFn: () => souk.listReturns({ path: { orderId: order.id } }),
    enabled: order.status !== 'placed',
  })
  if (!query.data || query.data.items.length === 0) return null
  return (
    <Card title="Returns">
      <ul className="flex flex-col gap-5">
        {query.data.items.map((back) => (
          <li key={back.id}>
            <ReturnCare back={back} />
          </li>
        ))}
      </ul>
    </Card>
  )
}

function ReturnCare({ back }: { back: Return }) {
  const { may } = useSession()
  const stale = [
    ['return', back.id],
    ['returns'],
    ['order', back.orderId],
    ['timeline', back.orderId],
    ['payments', back.orderId],
  ]
  const path = { shopId: back.shopId, returnId: back.id }
  const [answer, setAnswer] = useState('')
  const body = answer.trim() === '' ? {} : { answer: answer.trim() }
  const approve = useAct({
    run: () => souk.approveReturn({ path, body }),
    stale,
    done: 'Approved; the customer is told',
  })
  const refuse = useAct({ run: () => souk.refuseReturn({ path, body }), stale, done: 'Refused; the customer is told' })
  const staff = may(back.shopId, 'orders')
  return (
    <div className="flex flex-col gap-3 text-sm">
      <Facts
        items={[
          ['State', <Status key="state" of={back.state} />],
          [
            'Order',
            <Link
              key="order"
              to="/orders/$orderId"
              params={{ orderId: back.orderId }}
              className="font-mono text-xs text-accent"
            >
              {shortId(back.orderId)}
            </Link>,
          ],
          ['Reason', humanise(back.reason)],
          ...(back.note ? [['Note', back.note] as const] : []),
          ...(back.answer ? [['Answer', back.answer] as const] : []),
          ...(back.refundMinor === null ? [] : [['Refund', formatMoney(back.refundMinor, back.currency)] as const]),
        ]}
      />
      {staff && back.state === 'requested' && (
        <>
          <Field label="Answer to the customer">
            <Textarea rows={2} maxLength={500} value={answer} onChange={(event) => setAnswer(event.target.value)} />
          </Field>
          <div className="flex gap-2">
            <Button variant="primary" busy={approve.isPending} onClick={() => approve.mutate()}>
              Approve
            </Button>
            <Button busy={refuse.isPending} onClick={() => refuse.mutate()}>
              Refuse
            </Button>
          </div>
        </>
      )}
      {staff && back.state === 'approved' && <Receive back={back} stale={stale} />}
    </div>
  )
}

function Receive({ back, stale }: { back: Return; stale: string[][] }) {
  const [open, setOpen] = useState(false)
  type Line = { variantId: string; disposition: 'restock' | 'write-off'; quantity: number }
  const receive = useAct({
    run: (lines: Line[]) => souk.receiveReturn({ path: { shopId: back.shopId, returnId: back.id }, body: { lines } }),
    stale,
    done: 'Received; the money goes back',
    onDone: () => setOpen(false),
  })
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const form = new FormData(event.currentTarget)
    receive.mutate(
      back.lines.map(({ variantId }) => ({
        variantId,
        quantity: Number(form.get(`${variantId}-units`)),
        disposition: form.get(`${variantId}-fate`) === 'write-off' ? 'write-off' : 'restock',
      })),
    )
  }
  return (
    <Dialog
      open={open}
      onOpenChange={setOpen}
      title="What came back?"
      trigger={<Button variant="primary">Receive…</Button>}
      actions={
        <>
          <DialogClose />
          <Button type="submit" form="receive" variant="primary" busy={receive.isPending}>
            Receive and refund
          </Button>
        </>
      }
    >
      <form id="receive" onSubmit={submit} className="flex flex-col gap-4 pb-2">
        {back.lines.map(({ variantId, quantity }) => (
          <div key={variantId} className="grid grid-cols-2 gap-3">
            <Field label="Units" hint={`of ${quantity}`}>
              <Input
                name={`${variantId}-units`}
                type="number"
                min={0}
                max={quantity}
                defaultValue={quantity}
                required
              />
            </Field>
            <Field label="They go">
              <Select name={`${variantId}-fate`}>
                <option value="restock">back on the shelf</option>
                <option value="write-off">away: not sellable</option>
              </Select>
            </Field>
          </div>
        ))}
      </form>
    </Dialog>
  )
}
