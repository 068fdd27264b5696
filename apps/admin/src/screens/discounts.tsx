import { ifMatch, type ListDiscountsResponse } from '@souk/sdk'
import {
  Badge,
  Button,
  Checkbox,
  Confirm,
  Dialog,
  DialogClose,
  EmptyState,
  Field,
  Input,
  moneyForInput,
  parseMoney,
  Select,
} from '@souk/ui'
import { useQuery } from '@tanstack/react-query'
import { BadgePercent, Plus } from 'lucide-react'
import { type FormEvent, useState } from 'react'
import { type Column, Grid } from '../grid/grid.tsx'
import { useAct } from '../parts/act.ts'
import { Loaded } from '../parts/page.tsx'
import { souk } from '../souk.ts'
import { word } from '../work/form.ts'
import { Period, period, timeIn, worth } from './promotion-parts.tsx'

type Discount = ListDiscountsResponse['items'][number]

export function Discounts({ shopId, currency }: { shopId: string; currency: string }) {
  const [opened, setOpened] = useState<Discount | 'new'>()
  const query = useQuery({ queryKey: ['discounts', shopId], queryFn: () => souk.listDiscounts({ path: { shopId } }) })
  const columns: readonly Column<Discount>[] = [
    { id: 'title', header: 'Title', width: 11, grow: 2, phone: 'title', cell: ({ title }) => title },
    { id: 'worth', header: 'Worth', width: 7, grow: 0, cell: worth },
    {
      id: 'from',
      header: 'From units',
      width: 6,
      grow: 0,
      numeric: true,
      cell: ({ minimumQuantity }) => minimumQuantity,
    },
    { id: 'window', header: 'Good', width: 14, grow: 0, phone: 'hide', cell: period },
    {
      id: 'active',
      header: 'State',
      width: 6,
      grow: 0,
      phone: 'end',
      cell: ({ active }) => <Badge tone={active ? 'good' : 'neutral'}>{active ? 'On' : 'Off'}</Badge>,
    },
  ]
  return (
    <div className="flex flex-col gap-3">
      <Button variant="primary" className="self-start" onClick={() => setOpened('new')}>
        <Plus /> New discount
      </Button>
      <Loaded query={query}>
        {({ items }) => (
          <Grid
            inset
            label="Automatic discounts"
            columns={columns}
            rows={items}
            rowId={({ id }) => id}
            onOpen={setOpened}
            empty={
              <EmptyState icon={<BadgePercent />} title="No automatic discounts">
                A discount holds for everybody, without a code: so much off from so many units on, for a time.
              </EmptyState>
            }
          />
        )}
      </Loaded>
      {opened && (
        <DiscountForm
          shopId={shopId}
          currency={currency}
          {...(opened !== 'new' && { discount: opened })}
          close={() => setOpened(undefined)}
        />
      )}
    </div>
  )
}

function DiscountForm({
  shopId,
  currency,
  discount,
  close,
}: {
  shopId: string
  currency: string
  discount?: Discount
  close: () => void
}) {
  const stale = [['discounts', shopId]]
  const [kind, setKind] = useState<Discount['kind']>(discount?.kind ?? 'percent')
  const [fault, setFault] = useState<string>()
  const path = { shopId, discountId: discount?.id ?? '' }
  type Body = Parameters<typeof souk.createDiscount>[0]['body']
  const save = useAct({
    run: (body: Body) =>
      discount
        ? souk.replaceDiscount({ path, body, ...ifMatch(discount.version) })
        : souk.createDiscount({ path: { shopId }, body }),
    stale,
    done: 'Discount saved',
    onDone: close,
  })
  const remove = useAct({ run: () => souk.removeDiscount({ path }), stale, done: 'Discount removed', onDone: close })
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const form = new FormData(event.currentTarget)
    const amountMinor = kind === 'amount' ? parseMoney(word(form, 'worth'), currency) : 0
    if (amountMinor === undefined) return setFault('Write it like 19.99.')
    setFault(undefined)
    save.mutate({
      title: word(form, 'title'),
      kind,
      ...(kind === 'percent' ? { percent: Number(word(form, 'worth')) } : { amountMinor, currency }),
      minimumQuantity: Number(word(form, 'from')),
      // What is not asked for here stays as it was.
      productIds: discount?.productIds ?? [],
      categoryIds: discount?.categoryIds ?? [],
      startsAt: timeIn(form, 'startsAt'),
      endsAt: timeIn(form, 'endsAt'),
      active: form.get('active') === 'on',
    })
  }
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && close()}
      title={discount?.title ?? 'New discount'}
      actions={
        <>
          {discount && (
            <Confirm
              title="Remove this discount?"
              danger
              confirm="Remove"
              onConfirm={() => remove.mutate()}
              trigger={<Button variant="quiet">Remove</Button>}
            >
              Orders that had it keep their price.
            </Confirm>
          )}
          <DialogClose />
          <Button type="submit" form="discount" variant="primary" busy={save.isPending}>
            Save
          </Button>
        </>
      }
    >
      <form id="discount" onSubmit={submit} className="grid gap-4 pb-2 sm:grid-cols-2">
        <Field label="Title" hint="Stands on the order." className="sm:col-span-2">
          <Input name="title" required maxLength={120} defaultValue={discount?.title ?? ''} />
        </Field>
        <Field label="Kind">
          <Select value={kind} onChange={(event) => setKind(event.target.value as Discount['kind'])}>
            <option value="percent">A share of the price</option>
            <option value="amount">An amount</option>
          </Select>
        </Field>
        <Field label={kind === 'percent' ? 'Percent' : `Amount in ${currency}`} error={fault}>
          <Input
            key={kind}
            name="worth"
            inputMode="decimal"
            required
            defaultValue={
              discount ? (kind === 'percent' ? discount.percent : moneyForInput(discount.amountMinor, currency)) : ''
            }
          />
        </Field>
        <Field label="From so many units">
          <Input
            name="from"
            type="number"
            min={1}
            max={10_000}
            defaultValue={discount?.minimumQuantity ?? 1}
            required
          />
        </Field>
        <Period startsAt={discount?.startsAt ?? null} endsAt={discount?.endsAt ?? null} />
        <Checkbox name="active" label="In force" defaultChecked={discount?.active ?? true} />
      </form>
    </Dialog>
  )
}
