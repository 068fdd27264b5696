import type { ListLotsResponse } from '@souk/sdk'
import { Badge, Button, Dialog, DialogClose, EmptyState, Field, Input, Select } from '@souk/ui'
import { useQuery } from '@tanstack/react-query'
import { CalendarCheck, MapPin, PackageOpen, ShoppingBasket } from 'lucide-react'
import { type FormEvent, useState } from 'react'
import { formatCount, formatDay, humanise } from '../format.ts'
import { Grid } from '../grid/grid.tsx'
import { useAct } from '../parts/act.ts'
import { Loaded } from '../parts/page.tsx'
import { When } from '../parts/status.tsx'
import { souk } from '../souk.ts'
import { raw, word } from '../work/form.ts'

export const Movements = ({ variantId }: { variantId: string }) => (
  <Grid
    inset
    label="Movements"
    queryKey={['movements', variantId]}
    list={(page) => souk.listInventoryMovements({ query: { variantId, ...page } })}
    rowId={({ movementId }) => movementId}
    columns={[
      { id: 'kind', header: 'What', width: 7, phone: 'title', cell: ({ kind }) => humanise(kind) },
      {
        id: 'delta',
        header: 'Units',
        width: 5,
        grow: 0,
        numeric: true,
        phone: 'end',
        cell: ({ onHandDelta }) => (onHandDelta > 0 ? `+${formatCount(onHandDelta)}` : formatCount(onHandDelta)),
      },
      {
        id: 'onHand',
        header: 'Then',
        width: 5,
        grow: 0,
        numeric: true,
        phone: 'hide',
        cell: ({ onHand }) => formatCount(onHand),
      },
      { id: 'at', header: 'When', width: 8, grow: 0, cell: ({ at }) => <When at={at} /> },
      { id: 'note', header: 'Note', width: 8, grow: 2, cell: ({ note, cause }) => note || humanise(cause.kind) },
    ]}
    empty={
      <EmptyState icon={<PackageOpen />} title="Nothing moved yet">
        Every unit that comes or goes leaves a line here, with its cause.
      </EmptyState>
    }
  />
)

type Lot = ListLotsResponse['items'][number]

const lotColumns = [
  { id: 'code', header: 'Lot', width: 7, phone: 'title' as const, cell: ({ code }: Lot) => code || 'unnamed' },
  {
    id: 'onHand',
    header: 'Units',
    width: 5,
    grow: 0,
    numeric: true,
    phone: 'end' as const,
    cell: ({ onHand }: Lot) => formatCount(onHand),
  },
  {
    id: 'expires',
    header: 'Keeps until',
    width: 8,
    grow: 0,
    cell: ({ expiresOn, expired }: Lot) =>
      expiresOn === null ? '–' : expired ? <Badge tone="bad">{formatDay(expiresOn)}</Badge> : formatDay(expiresOn),
  },
  {
    id: 'off',
    header: 'Write off',
    width: 7,
    grow: 0,
    phone: 'end' as const,
    cell: (lot: Lot) => <WriteOff lot={lot} />,
  },
]

export const Lots = ({ variantId }: { variantId: string }) => (
  <Grid
    inset
    label="Lots"
    columns={lotColumns}
    queryKey={['lots', variantId]}
    list={(page) => souk.listLots({ path: { variantId }, query: page })}
    rowId={({ lotId }) => lotId}
    empty={
      <EmptyState icon={<PackageOpen />} title="No lots">
        Goods received with a lot or a date of expiry lie in lots of their own.
      </EmptyState>
    }
  />
)

export const ExpiringLots = ({ shopId }: { shopId: string }) => (
  <Grid
    inset
    label="Lots that expire"
    columns={lotColumns}
    queryKey={['lots', 'expiring', shopId]}
    list={(page) => souk.listExpiringLots({ path: { shopId }, query: page })}
    rowId={({ lotId }) => lotId}
    empty={
      <EmptyState icon={<CalendarCheck />} title="Nothing expires soon">
        Lots stand here before their date comes.
      </EmptyState>
    }
  />
)

function WriteOff({ lot }: { lot: Lot }) {
  const [open, setOpen] = useState(false)
  const off = useAct({
    run: (body: { reason: 'damaged' | 'lost' | 'expired'; units: number; note?: string }) =>
      souk.writeOffLot({ path: { lotId: lot.lotId }, body }),
    stale: [['lots'], ['stock'], ['movements', lot.variantId]],
    done: ({ units }) => `${units} units written off`,
    onDone: () => setOpen(false),
  })
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const form = new FormData(event.currentTarget)
    off.mutate({ reason: raw(form, 'reason') as 'damaged', units: Number(form.get('units')) })
  }
  return (
    <Dialog
      open={open}
      onOpenChange={setOpen}
      title={`Write off lot ${lot.code}`}
      width="sm"
      trigger={<Button size="sm">Off…</Button>}
      actions={
        <>
          <DialogClose />
          <Button type="submit" form={`off-${lot.lotId}`} variant="danger" busy={off.isPending}>
            Write off
          </Button>
        </>
      }
    >
      <form id={`off-${lot.lotId}`} onSubmit={submit} className="grid grid-cols-2 gap-3 pb-2">
        <Field label="Reason">
          <Select name="reason" defaultValue={lot.expired ? 'expired' : 'damaged'}>
            {['damaged', 'lost', 'expired'].map((reason) => (
              <option key={reason} value={reason}>
                {humanise(reason)}
              </option>
            ))}
          </Select>
        </Field>
        <Field label="Units">
          <Input name="units" type="number" min={1} max={lot.onHand} defaultValue={lot.onHand} required />
        </Field>
      </form>
    </Dialog>
  )
}

export const ToReorder = ({ shopId }: { shopId: string }) => (
  <Grid
    inset
    label="To reorder"
    queryKey={['reorders', shopId]}
    list={(page) => souk.listToReorder({ path: { shopId }, query: page })}
    rowId={({ variantId }) => variantId}
    columns={[
      { id: 'title', header: 'Article', width: 9, grow: 2, phone: 'title', cell: ({ title, sku }) => title || sku },
      { id: 'onHand', header: 'On hand', width: 5, grow: 0, numeric: true, cell: ({ onHand }) => formatCount(onHand) },
      {
        id: 'quantity',
        header: 'Order',
        width: 5,
        grow: 0,
        numeric: true,
        phone: 'end',
        cell: ({ reorderQuantity }) => formatCount(reorderQuantity),
      },
    ]}
    empty={
      <EmptyState icon={<ShoppingBasket />} title="Nothing to reorder">
        Open an article in the stock and say at which level it is to be reordered, and how many.
      </EmptyState>
    }
  />
)

export function Locations({ shopId }: { shopId: string }) {
  const add = useAct({
    run: (name: string) => souk.addLocation({ path: { shopId }, body: { name } }),
    stale: [['locations', shopId]],
    done: 'Location added',
  })
  return (
    <div className="flex flex-col gap-3">
      <Grid
        inset
        label="Locations"
        queryKey={['locations', shopId]}
        list={(page) => souk.listLocations({ path: { shopId }, query: page })}
        rowId={({ locationId }) => locationId}
        columns={[
          { id: 'name', header: 'Name', width: 9, phone: 'title', cell: ({ name }) => name },
          {
            id: 'default',
            header: 'Default',
            width: 6,
            grow: 0,
            phone: 'end',
            cell: ({ isDefault }) => (isDefault ? <Badge tone="accent">Default</Badge> : ''),
          },
        ]}
        empty={<EmptyState icon={<MapPin />} title="No locations" />}
      />
      <form
        className="flex items-end gap-2"
        onSubmit={(event) => {
          event.preventDefault()
          const form = event.currentTarget
          add.mutate(word(new FormData(form), 'name'), { onSuccess: () => form.reset() })
        }}
      >
        <Field label="New location" className="flex-1">
          <Input name="name" required maxLength={80} />
        </Field>
        <Button type="submit" busy={add.isPending}>
          Add
        </Button>
      </form>
    </div>
  )
}

export function ShopIssueRule({ shopId }: { shopId: string }) {
  const query = useQuery({
    queryKey: ['issue-rule', shopId],
    queryFn: () => souk.getShopIssueRule({ path: { shopId } }),
  })
  const put = (issueRule: 'fefo' | 'fifo') => souk.setShopIssueRule({ path: { shopId }, body: { issueRule } })
  const set = useAct({
    run: put,
    stale: [['issue-rule', shopId]],
    done: 'The rule is set',
    undo: () => put(query.data?.issueRule ?? 'fifo'),
  })
  return (
    <Loaded query={query} lines={1}>
      {({ issueRule }) => (
        <Field label="Which lot is shipped first" hint="Articles with a rule of their own keep it.">
          <Select value={issueRule} onChange={(event) => set.mutate(event.target.value as 'fefo' | 'fifo')}>
            <option value="fefo">What expires first</option>
            <option value="fifo">What came first</option>
          </Select>
        </Field>
      )}
    </Loaded>
  )
}
