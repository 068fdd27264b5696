import { ifMatch, type ListVouchersResponse } from '@souk/sdk'
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
import { Plus, TicketPercent } from 'lucide-react'
import { type FormEvent, useState } from 'react'
import { formatCount } from '../format.ts'
import { type Column, Grid } from '../grid/grid.tsx'
import { useAct } from '../parts/act.ts'
import { souk } from '../souk.ts'
import { word } from '../work/form.ts'
import { Period, period, timeIn, worth } from './promotion-parts.tsx'

type Voucher = ListVouchersResponse['items'][number]

export function Vouchers({ shopId, currency }: { shopId: string; currency: string }) {
  const [opened, setOpened] = useState<Voucher | 'new'>()
  const columns: readonly Column<Voucher>[] = [
    {
      id: 'code',
      header: 'Code',
      width: 9,
      phone: 'title',
      cell: ({ code }) => <span className="font-mono font-medium">{code}</span>,
    },
    { id: 'title', header: 'Title', width: 10, grow: 2, cell: ({ title }) => title },
    { id: 'worth', header: 'Worth', width: 7, grow: 0, cell: worth },
    {
      id: 'uses',
      header: 'Used',
      width: 7,
      grow: 0,
      numeric: true,
      cell: ({ usesTaken, uses }) => `${formatCount(usesTaken ?? 0)}${uses === null ? '' : ` of ${formatCount(uses)}`}`,
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
        <Plus /> New voucher
      </Button>
      <Grid
        inset
        label="Vouchers"
        columns={columns}
        rowId={({ id }) => id}
        onOpen={setOpened}
        queryKey={['vouchers', shopId]}
        list={(page) => souk.listVouchers({ path: { shopId }, query: page })}
        empty={
          <EmptyState icon={<TicketPercent />} title="No vouchers">
            A voucher takes a share, an amount or the shipping off an order whose customer knows its code. How often it
            is used is kept to, even when everybody comes at once.
          </EmptyState>
        }
      />
      {opened && (
        <VoucherForm
          shopId={shopId}
          currency={currency}
          {...(opened !== 'new' && { voucher: opened })}
          close={() => setOpened(undefined)}
        />
      )}
    </div>
  )
}

function VoucherForm({
  shopId,
  currency,
  voucher,
  close,
}: {
  shopId: string
  currency: string
  voucher?: Voucher
  close: () => void
}) {
  const stale = [['vouchers', shopId]]
  const [kind, setKind] = useState<Voucher['kind']>(voucher?.kind ?? 'percent')
  const [fault, setFault] = useState<string>()
  type Body = Parameters<typeof souk.createVoucher>[0]['body']
  const make = useAct({
    run: (body: Body) => souk.createVoucher({ path: { shopId }, body }),
    stale,
    done: ({ code }) => `${code} is good from now on`,
    onDone: close,
  })
  type Edit = Parameters<typeof souk.editVoucher>[0]['body']
  const path = { shopId, voucherId: voucher?.id ?? '' }
  const edit = useAct({
    run: (body: Edit) => souk.editVoucher({ path, body, ...ifMatch(voucher?.version ?? 0) }),
    stale,
    done: 'Voucher changed',
    undo: ({ version }, body) =>
      souk.editVoucher({
        path,
        body: Object.fromEntries(Object.keys(body).map((key) => [key, voucher?.[key as keyof Voucher]])) as Edit,
        ...ifMatch(version),
      }),
    onDone: close,
  })
  const remove = useAct({ run: () => souk.removeVoucher({ path }), stale, done: 'Voucher removed', onDone: close })
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const form = new FormData(event.currentTarget)
    const minimumMinor = word(form, 'minimum') === '' ? 0 : parseMoney(word(form, 'minimum'), currency)
    const amountMinor = kind === 'amount' && !voucher ? parseMoney(word(form, 'amount'), currency) : 0
    if (minimumMinor === undefined || amountMinor === undefined) return setFault('Write amounts like 19.99.')
    setFault(undefined)
    const uses = word(form, 'uses') === '' ? null : Number(word(form, 'uses'))
    const common = {
      title: word(form, 'title'),
      minimumMinor,
      startsAt: timeIn(form, 'startsAt'),
      endsAt: timeIn(form, 'endsAt'),
      uses,
      active: form.get('active') === 'on',
    }
    if (voucher) return edit.mutate(common)
    make.mutate({
      ...common,
      code: word(form, 'code').toUpperCase(),
      kind,
      currency,
      firstOrderOnly: form.get('first') === 'on',
      usesPerCustomer: Number(word(form, 'each')),
      ...(kind === 'percent' && { percent: Number(word(form, 'percent')) }),
      ...(kind === 'amount' && { amountMinor }),
    })
  }
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && close()}
      title={voucher ? `Voucher ${voucher.code}` : 'New voucher'}
      actions={
        <>
          {voucher && (
            <Confirm
              title={`Remove ${voucher.code}?`}
              danger
              confirm="Remove"
              onConfirm={() => remove.mutate()}
              trigger={<Button variant="quiet">Remove</Button>}
            >
              Orders that used it keep their price.
            </Confirm>
          )}
          <DialogClose />
          <Button type="submit" form="voucher" variant="primary" busy={make.isPending || edit.isPending}>
            Save
          </Button>
        </>
      }
    >
      <form id="voucher" onSubmit={submit} className="grid gap-4 pb-2 sm:grid-cols-2">
        {!voucher && (
          <>
            <Field label="Code">
              <Input name="code" required maxLength={40} autoComplete="off" className="font-mono uppercase" />
            </Field>
            <Field label="Kind">
              <Select value={kind} onChange={(event) => setKind(event.target.value as Voucher['kind'])}>
                <option value="percent">A share of the price</option>
                <option value="amount">An amount</option>
                <option value="free-shipping">Free shipping</option>
              </Select>
            </Field>
            {kind === 'percent' && (
              <Field label="Percent">
                <Input name="percent" type="number" min={1} max={100} defaultValue={10} required />
              </Field>
            )}
            {kind === 'amount' && (
              <Field label={`Amount in ${currency}`} error={fault}>
                <Input name="amount" inputMode="decimal" required />
              </Field>
            )}
          </>
        )}
        <Field label="Title" hint="Stands on the order.">
          <Input name="title" required maxLength={120} defaultValue={voucher?.title ?? ''} />
        </Field>
        <Field label={`Orders from, in ${currency}`} error={kind === 'amount' && !voucher ? undefined : fault}>
          <Input
            name="minimum"
            inputMode="decimal"
            defaultValue={voucher && voucher.minimumMinor > 0 ? moneyForInput(voucher.minimumMinor, currency) : ''}
            placeholder="any"
          />
        </Field>
        <Field label="Uses in all" hint="Empty: as often as asked.">
          <Input name="uses" type="number" min={1} max={10_000_000} defaultValue={voucher?.uses ?? ''} />
        </Field>
        {!voucher && (
          <Field label="Uses by each customer">
            <Input name="each" type="number" min={1} max={1_000} defaultValue={1} required />
          </Field>
        )}
        <Period startsAt={voucher?.startsAt ?? null} endsAt={voucher?.endsAt ?? null} />
        <div className="sm:col-span-2">
          <Checkbox name="active" label="Good" defaultChecked={voucher?.active ?? true} />
          {!voucher && <Checkbox name="first" label="Only on somebody's first order" />}
        </div>
      </form>
    </Dialog>
  )
}
