import { ifMatch, type ListShippingRatesResponse } from '@souk/sdk'
import {
  Button,
  Confirm,
  Dialog,
  DialogClose,
  EmptyState,
  Field,
  formatMoney,
  Input,
  moneyForInput,
  parseMoney,
} from '@souk/ui'
import { useQuery } from '@tanstack/react-query'
import { Plus, Truck } from 'lucide-react'
import { type FormEvent, useState } from 'react'
import { humanise } from '../format.ts'
import { type Column, Grid } from '../grid/grid.tsx'
import { useAct } from '../parts/act.ts'
import { NameFields, namesFrom } from '../parts/names.tsx'
import { Loaded } from '../parts/page.tsx'
import { souk } from '../souk.ts'
import { word } from '../work/form.ts'

type Rate = ListShippingRatesResponse['items'][number]

export function ShippingRates({ shopId, currency }: { shopId: string; currency: string }) {
  const [opened, setOpened] = useState<Rate | 'new'>()
  const query = useQuery({
    queryKey: ['shipping-rates', shopId],
    queryFn: () => souk.listShippingRates({ path: { shopId } }),
  })
  const columns: readonly Column<Rate>[] = [
    { id: 'name', header: 'Name', width: 10, grow: 2, phone: 'title', cell: ({ name }) => name },
    { id: 'method', header: 'Method', width: 7, cell: ({ method }) => humanise(method) },
    { id: 'countries', header: 'To', width: 8, cell: ({ countries }) => countries.join(', ') || 'everywhere' },
    {
      id: 'weight',
      header: 'Weight',
      width: 9,
      grow: 0,
      phone: 'hide',
      cell: ({ fromGrams, toGrams }) => `${fromGrams / 1_000} – ${toGrams === null ? '∞' : toGrams / 1_000} kg`,
    },
    {
      id: 'price',
      header: 'Price',
      width: 6,
      grow: 0,
      numeric: true,
      phone: 'end',
      cell: ({ priceMinor, currency }) => formatMoney(priceMinor, currency),
    },
    {
      id: 'free',
      header: 'Free from',
      width: 7,
      grow: 0,
      numeric: true,
      phone: 'hide',
      cell: ({ freeFromMinor, currency }) => (freeFromMinor === null ? '–' : formatMoney(freeFromMinor, currency)),
    },
  ]
  return (
    <div className="flex flex-col gap-3">
      <Button variant="primary" className="self-start" onClick={() => setOpened('new')}>
        <Plus /> New rate
      </Button>
      <Loaded query={query}>
        {({ items }) => (
          <Grid
            inset
            label="Shipping rates"
            columns={columns}
            rows={items}
            rowId={({ id }) => id}
            onOpen={setOpened}
            empty={
              <EmptyState icon={<Truck />} title="No shipping rates">
                Without rates nothing is charged for delivery. A rate says what a parcel of some weight costs to some
                countries.
              </EmptyState>
            }
          />
        )}
      </Loaded>
      {opened && (
        <RateForm
          shopId={shopId}
          currency={currency}
          {...(opened !== 'new' && { rate: opened })}
          close={() => setOpened(undefined)}
        />
      )}
    </div>
  )
}

function RateForm({
  shopId,
  currency,
  rate,
  close,
}: {
  shopId: string
  currency: string
  rate?: Rate
  close: () => void
}) {
  const stale = [['shipping-rates', shopId]]
  const [fault, setFault] = useState<string>()
  const path = { shopId, rateId: rate?.id ?? '' }
  type Body = Parameters<typeof souk.createShippingRate>[0]['body']
  const save = useAct({
    run: (body: Body) =>
      rate
        ? souk.replaceShippingRate({ path, body, ...ifMatch(rate.version) })
        : souk.createShippingRate({ path: { shopId }, body }),
    stale,
    done: 'Rate saved',
    onDone: close,
  })
  const remove = useAct({ run: () => souk.removeShippingRate({ path }), stale, done: 'Rate removed', onDone: close })
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const form = new FormData(event.currentTarget)
    const priceMinor = parseMoney(word(form, 'price'), currency)
    const freeFromMinor = word(form, 'free') === '' ? null : parseMoney(word(form, 'free'), currency)
    if (priceMinor === undefined || freeFromMinor === undefined) return setFault('Write amounts like 19.99.')
    setFault(undefined)
    const grams = (name: string) => (word(form, name) === '' ? null : Math.round(Number(word(form, name)) * 1_000))
    save.mutate({
      name: word(form, 'name'),
      names: namesFrom(form, rate?.names),
      method: word(form, 'method') || 'standard',
      countries: word(form, 'countries')
        .toUpperCase()
        .split(/[\s,]+/)
        .filter(Boolean),
      fromGrams: grams('from') ?? 0,
      toGrams: grams('to'),
      priceMinor,
      currency,
      freeFromMinor,
    })
  }
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && close()}
      title={rate?.name ?? 'New shipping rate'}
      actions={
        <>
          {rate && (
            <Confirm
              title="Remove this rate?"
              danger
              confirm="Remove"
              onConfirm={() => remove.mutate()}
              trigger={<Button variant="quiet">Remove</Button>}
            >
              Orders that were placed keep their price.
            </Confirm>
          )}
          <DialogClose />
          <Button type="submit" form="rate" variant="primary" busy={save.isPending}>
            Save
          </Button>
        </>
      }
    >
      <form id="rate" onSubmit={submit} className="grid gap-4 pb-2 sm:grid-cols-2">
        <Field label="Name">
          <Input name="name" required maxLength={80} defaultValue={rate?.name ?? ''} />
        </Field>
        <NameFields names={rate?.names} maxLength={80} />
        <Field label="Method">
          <Input
            name="method"
            required
            maxLength={40}
            pattern="[a-z0-9\-]+"
            defaultValue={rate?.method ?? 'standard'}
          />
        </Field>
        <Field
          label="Countries"
          hint="Two letters each, with blanks between; empty: everywhere."
          className="sm:col-span-2"
        >
          <Input name="countries" defaultValue={rate?.countries.join(' ') ?? ''} />
        </Field>
        <Field label="From kg">
          <Input name="from" type="number" min={0} step={0.001} defaultValue={(rate?.fromGrams ?? 0) / 1_000} />
        </Field>
        <Field label="To kg" hint="Empty: however heavy.">
          <Input
            name="to"
            type="number"
            min={0}
            step={0.001}
            defaultValue={rate?.toGrams == null ? '' : rate.toGrams / 1_000}
          />
        </Field>
        <Field label={`Price in ${currency}`} error={fault}>
          <Input
            name="price"
            inputMode="decimal"
            required
            defaultValue={rate ? moneyForInput(rate.priceMinor, currency) : ''}
          />
        </Field>
        <Field label="Free from" hint="Of the goods; empty: never.">
          <Input
            name="free"
            inputMode="decimal"
            defaultValue={rate?.freeFromMinor == null ? '' : moneyForInput(rate.freeFromMinor, currency)}
          />
        </Field>
      </form>
    </Dialog>
  )
}
