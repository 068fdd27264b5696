import type { ListShopInventoryResponse } from '@souk/sdk'
import { Badge, Button, Card, Dialog, EmptyState, Field, Input, Select, Stat, Tabs } from '@souk/ui'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { Boxes } from 'lucide-react'
import { type FormEvent, useState } from 'react'
import { formatCount, humanise } from '../format.ts'
import { FilterBar } from '../grid/filter-bar.tsx'
import { type Column, Grid } from '../grid/grid.tsx'
import { useFilters } from '../grid/search.ts'
import { useAct } from '../parts/act.ts'
import { Page } from '../parts/page.tsx'
import { useShopId } from '../shop.tsx'
import { souk } from '../souk.ts'
import { ExpiringLots, Locations, Lots, Movements, ShopIssueRule, ToReorder } from './stock-lots.tsx'
import { word } from '../work/form.ts'

export type Item = ListShopInventoryResponse['items'][number]

const columns: readonly Column<Item>[] = [
  {
    id: 'title',
    header: 'Article',
    width: 13,
    grow: 3,
    phone: 'title',
    cell: ({ title }) => <span className="font-medium">{title || 'Untitled'}</span>,
  },
  { id: 'sku', header: 'SKU', width: 9, cell: ({ sku }) => sku },
  {
    id: 'onHand',
    header: 'On hand',
    width: 6,
    grow: 0,
    numeric: true,
    phone: 'end',
    cell: ({ onHand }) => formatCount(onHand),
  },
  {
    id: 'allotted',
    header: 'For sale',
    width: 6,
    grow: 0,
    numeric: true,
    phone: 'hide',
    cell: ({ allotted }) => formatCount(allotted),
  },
  {
    id: 'transfer',
    header: 'Moving',
    width: 6,
    grow: 0,
    numeric: true,
    phone: 'hide',
    cell: ({ inTransfer }) => formatCount(inTransfer),
  },
  {
    id: 'alert',
    header: 'Warn below',
    width: 7,
    grow: 0,
    numeric: true,
    phone: 'hide',
    cell: ({ alertLevel }) => alertLevel ?? '–',
  },
  {
    id: 'low',
    header: 'State',
    width: 6,
    grow: 0,
    phone: 'end',
    cell: ({ low, onHand }) =>
      onHand === 0 ? (
        <Badge tone="bad">Out</Badge>
      ) : low ? (
        <Badge tone="warn">Low</Badge>
      ) : (
        <Badge tone="good">In</Badge>
      ),
  },
]

export function Stock() {
  const shopId = useShopId()
  const [{ low, product }] = useFilters()
  const [opened, setOpened] = useState<Item>()
  const onlyLow = low === 'yes'
  const ofProduct = useQuery({
    queryKey: ['stock', 'product', product],
    queryFn: () => souk.getProductInventory({ path: { productId: product ?? '' } }),
    enabled: product !== undefined,
  })
  const rows = ofProduct.data?.variants.map((variant) => ({ ...variant, productId: product ?? '' })) ?? []
  return (
    <Page title="Stock" fill actions={<Aside shopId={shopId} />}>
      <FilterBar screen="stock" filters={[{ name: 'low', label: 'Stock', options: [['yes', 'Only what runs low']] }]}>
        {product !== undefined && <Badge tone="accent">Only one product</Badge>}
      </FilterBar>
      <Grid
        label="Stock"
        columns={columns}
        rowId={({ variantId }) => variantId}
        onOpen={setOpened}
        {...(product === undefined
          ? {
              queryKey: ['stock', shopId, onlyLow],
              list: (page: { cursor?: string; limit: number }) =>
                souk.listShopInventory({ path: { shopId }, query: { ...page, ...(onlyLow && { low: true }) } }),
            }
          : { rows })}
        empty={
          <EmptyState icon={<Boxes />} title={onlyLow ? 'Nothing runs low' : 'Nothing in stock yet'}>
            {onlyLow
              ? 'Articles stand here once they fall below the level you set for a warning.'
              : 'Every variant of a product appears here. Open one to receive goods, correct a count or set a warning.'}
          </EmptyState>
        }
      />
      {opened && <ItemDrawer shopId={shopId} item={opened} close={() => setOpened(undefined)} />}
    </Page>
  )
}

function Aside({ shopId }: { shopId: string }) {
  return (
    <Dialog drawer title="Store room" trigger={<Button>Lots, reorders, locations</Button>}>
      <Tabs
        label="Store room"
        tabs={[
          { value: 'reorder', label: 'To reorder', content: <ToReorder shopId={shopId} /> },
          { value: 'expiring', label: 'Expiring', content: <ExpiringLots shopId={shopId} /> },
          { value: 'locations', label: 'Locations', content: <Locations shopId={shopId} /> },
          { value: 'rule', label: 'Which lot first', content: <ShopIssueRule shopId={shopId} /> },
        ]}
      />
    </Dialog>
  )
}

function ItemDrawer({ shopId, item, close }: { shopId: string; item: Item; close: () => void }) {
  const now = useQuery({
    queryKey: ['stock', 'product', item.productId],
    queryFn: () => souk.getProductInventory({ path: { productId: item.productId } }),
  })
  const current = now.data?.variants.find(({ variantId }) => variantId === item.variantId) ?? item
  return (
    <Dialog open onOpenChange={(open) => !open && close()} drawer title={item.title || item.sku} description={item.sku}>
      <div className="flex flex-col gap-4 pb-6">
        <div className="grid grid-cols-3 gap-3">
          <Stat
            label="On hand"
            value={formatCount(current.onHand)}
            {...(current.onHand === 0 && { tone: 'bad' as const })}
          />
          <Stat label="For sale" value={formatCount(current.allotted)} />
          <Stat label="Warn below" value={current.alertLevel ?? '–'} />
        </div>
        <Link to="/products/$productId" params={{ productId: item.productId }} className="text-sm text-accent">
          To the product
        </Link>
        <Adjust shopId={shopId} item={{ ...item, ...current }} />
        <Levels item={{ ...item, ...current }} />
        <Tabs
          label="History"
          tabs={[
            { value: 'movements', label: 'Movements', content: <Movements variantId={item.variantId} /> },
            { value: 'lots', label: 'Lots', content: <Lots variantId={item.variantId} /> },
          ]}
        />
      </div>
    </Dialog>
  )
}

const reasons = ['received', 'counted', 'returned', 'damaged', 'lost', 'expired', 'other'] as const
type Adjustment = {
  reason: (typeof reasons)[number]
  delta: number
  note?: string
  lotCode?: string
  expiresOn?: string
}

function Adjust({ shopId, item }: { shopId: string; item: Item }) {
  const put = ({ reason, note, ...line }: Adjustment) =>
    souk.adjustInventory({
      body: { shopId, reason, ...(note && { note }), lines: [{ variantId: item.variantId, ...line }] },
    })
  const adjust = useAct({
    run: put,
    stale: [['stock'], ['movements', item.variantId], ['lots', item.variantId]],
    done: ({ lines: [line] }) => `Now ${line?.onHand ?? '?'} on hand`,
    // What left the shelf for good (damaged, lost) was counted wrong when it is taken back.
    undo: (_, { delta }) => put({ reason: 'counted', delta: -delta, note: 'Taken back' }),
  })
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const form = event.currentTarget
    const data = new FormData(form)
    const said = (name: string) => word(data, name)
    const reason = reasons.find((each) => each === said('reason')) ?? 'other'
    const units = Number(said('units'))
    const delta =
      reason === 'counted' ? units - item.onHand : ['damaged', 'lost', 'expired'].includes(reason) ? -units : units
    adjust.mutate(
      {
        reason,
        delta,
        ...(said('note') && { note: said('note') }),
        ...(delta > 0 && said('lotCode') && { lotCode: said('lotCode') }),
        ...(delta > 0 && said('expiresOn') && { expiresOn: said('expiresOn') }),
      },
      { onSuccess: () => form.reset() },
    )
  }
  return (
    <Card title="Change the stock">
      <form onSubmit={submit} className="grid grid-cols-2 gap-3">
        <Field label="What happened">
          <Select name="reason">
            {reasons.map((reason) => (
              <option key={reason} value={reason}>
                {reason === 'counted' ? 'Counted: so many there are' : humanise(reason)}
              </option>
            ))}
          </Select>
        </Field>
        <Field label="Units">
          <Input name="units" type="number" inputMode="numeric" min={0} max={1_000_000_000} required />
        </Field>
        <Field label="Lot">
          <Input name="lotCode" maxLength={80} autoComplete="off" />
        </Field>
        <Field label="Keeps until">
          <Input name="expiresOn" type="date" />
        </Field>
        <Field label="Note" className="col-span-2">
          <Input name="note" maxLength={200} autoComplete="off" />
        </Field>
        <Button type="submit" variant="primary" busy={adjust.isPending} className="justify-self-start">
          Book
        </Button>
      </form>
    </Card>
  )
}

function Levels({ item }: { item: Item }) {
  const stale = [['stock'], ['reorders']]
  const path = { variantId: item.variantId }
  const put = (alertLevel: number | null) => souk.setStockAlertLevel({ path, body: { alertLevel } })
  const level = useAct({
    run: put,
    stale,
    done: (_, to) => (to === null ? 'No warning any more' : `Warns below ${to}`),
    undo: () => put(item.alertLevel),
  })
  const reorder = useAct({
    run: (rule: { reorderPoint: number; reorderQuantity: number } | null) =>
      souk.setReorderRule({ path, body: { rule } }),
    stale,
    done: (_, rule) =>
      rule === null ? 'Not reordered any more' : `Reorder ${rule.reorderQuantity} at ${rule.reorderPoint}`,
  })
  const issue = useAct({
    run: (issueRule: 'fefo' | 'fifo' | null) => souk.setIssueRule({ path, body: { issueRule } }),
    stale,
    done: 'Which lot goes first is set',
  })
  const numbers = (event: FormEvent<HTMLFormElement>, ...names: string[]) => {
    event.preventDefault()
    const form = new FormData(event.currentTarget)
    return names.map((name) => (form.get(name) === '' ? null : Number(form.get(name))))
  }
  return (
    <Card title="Warnings and rules">
      <div className="flex flex-col gap-3">
        <form onSubmit={(event) => level.mutate(numbers(event, 'level')[0] ?? null)} className="flex items-end gap-2">
          <Field label="Warn below" className="flex-1">
            <Input
              key={item.alertLevel}
              name="level"
              type="number"
              min={0}
              defaultValue={item.alertLevel ?? ''}
              placeholder="never"
            />
          </Field>
          <Button type="submit" busy={level.isPending}>
            Set
          </Button>
        </form>
        <form
          onSubmit={(event) => {
            const [reorderPoint, reorderQuantity] = numbers(event, 'point', 'quantity')
            reorder.mutate(reorderPoint == null || reorderQuantity == null ? null : { reorderPoint, reorderQuantity })
          }}
          className="flex items-end gap-2"
        >
          <Field label="Reorder at" className="flex-1">
            <Input name="point" type="number" min={0} />
          </Field>
          <Field label="so many" className="flex-1">
            <Input name="quantity" type="number" min={1} />
          </Field>
          <Button type="submit" busy={reorder.isPending}>
            Set
          </Button>
        </form>
        <Field label="Which lot goes first">
          <Select
            defaultValue=""
            onChange={(event) => issue.mutate((event.target.value || null) as 'fefo' | 'fifo' | null)}
          >
            <option value="">As the shop does</option>
            <option value="fefo">What expires first</option>
            <option value="fifo">What came first</option>
          </Select>
        </Field>
      </div>
    </Card>
  )
}
