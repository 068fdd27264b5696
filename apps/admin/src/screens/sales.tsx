import type { Product, Sale } from '@souk/sdk'
import {
  Badge,
  Button,
  Card,
  Combobox,
  Confirm,
  cx,
  Dialog,
  DialogClose,
  EmptyState,
  Facts,
  Field,
  formatMoney,
  IconButton,
  Input,
  moneyForInput,
  type Option,
  parseMoney,
  Select,
} from '@souk/ui'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { CalendarClock, ChevronLeft, ChevronRight, Plus } from 'lucide-react'
import { type FormEvent, useMemo, useState } from 'react'
import { formatClock, formatCount, formatExact, formatMoment, shortId } from '../format.ts'
import { useAct } from '../parts/act.ts'
import { Loaded, Page } from '../parts/page.tsx'
import { Status, useNow } from '../parts/status.tsx'
import { useSession } from '../session.tsx'
import { useShopId } from '../shop.tsx'
import { souk } from '../souk.ts'
import { Rehearsal } from './rehearsal.tsx'
import { dayKey, localInput, monthOf, weeksOf } from '../work/calendar.ts'
import { raw } from '../work/form.ts'

const weekdays = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun']
const dayName = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'long', year: 'numeric' })
const monthName = new Intl.DateTimeFormat('en-GB', { month: 'long', year: 'numeric' })

/** All sales of the shop that a calendar can show, oldest pages last. */
async function salesOf(shopId: string): Promise<Sale[]> {
  const found: Sale[] = []
  let cursor: string | null = null
  do {
    const page: { items: Sale[]; nextCursor: string | null } = await souk.listSales({
      query: { shopId, when: 'all', limit: 100, ...(cursor !== null && { cursor }) },
    })
    found.push(...page.items)
    cursor = page.nextCursor
  } while (cursor !== null && found.length < 1_000)
  return found
}

export function Sales() {
  const shopId = useShopId()
  const { operator } = useSession()
  const [month, setMonth] = useState(() => monthOf(new Date()))
  const [opened, setOpened] = useState<Sale>()
  const [planning, setPlanning] = useState<Date>()
  const sales = useQuery({ queryKey: ['sales', shopId], queryFn: () => salesOf(shopId), refetchInterval: 10_000 })
  const titles = useTitles(sales.data ?? [])
  return (
    <Page
      title="Sales"
      about="A sale lowers the price of a variant between two moments, for so many units and so many for each customer."
      actions={
        <>
          {operator && <Rehearsal />}
          <Button variant="primary" onClick={() => setPlanning(new Date())}>
            <Plus /> Plan a sale
          </Button>
        </>
      }
    >
      <Loaded query={sales}>
        {(items) => (
          <>
            {items.length === 0 && (
              <EmptyState icon={<CalendarClock />} title="No sale was planned yet">
                Choose a product, a price below its usual one, when it begins and ends, and how many units lie ready.
                The units are set aside: nobody can buy them before.
              </EmptyState>
            )}
            <Upcoming sales={items} titles={titles} open={setOpened} />
            <Card flush>
              <div className="flex items-center gap-2 px-4 py-2">
                <h2 className="flex-1 text-sm font-semibold">{monthName.format(month)}</h2>
                <IconButton label="Month before" size="sm" onClick={() => setMonth(monthOf(month, -1))}>
                  <ChevronLeft />
                </IconButton>
                <Button size="sm" onClick={() => setMonth(monthOf(new Date()))}>
                  Today
                </Button>
                <IconButton label="Month after" size="sm" onClick={() => setMonth(monthOf(month, 1))}>
                  <ChevronRight />
                </IconButton>
              </div>
              <Month month={month} sales={items} titles={titles} open={setOpened} plan={setPlanning} />
            </Card>
          </>
        )}
      </Loaded>
      {opened && (
        <SaleDialog
          sale={sales.data?.find(({ id }) => id === opened.id) ?? opened}
          title={titles.get(opened.productId)}
          close={() => setOpened(undefined)}
        />
      )}
      {planning && <Plan shopId={shopId} day={planning} close={() => setPlanning(undefined)} />}
    </Page>
  )
}

function useTitles(sales: readonly Sale[]): ReadonlyMap<string, string> {
  const ids = useMemo(() => [...new Set(sales.map(({ productId }) => productId))].slice(0, 100), [sales])
  const products = useQuery({
    queryKey: ['products', 'titles', ids],
    queryFn: () => souk.getProducts({ body: { ids } }),
    enabled: ids.length > 0,
    staleTime: 60_000,
  })
  return new Map(products.data?.items.map(({ id, title }) => [id, title]))
}

type SaleList = { sales: readonly Sale[]; titles: ReadonlyMap<string, string>; open: (sale: Sale) => void }

function Upcoming({ sales, titles, open }: SaleList) {
  const now = useNow(1_000)
  const near = sales
    .filter(({ status, endsAt }) => (status === 'planned' || status === 'pending') && Date.parse(endsAt) > now)
    .sort((a, b) => Date.parse(a.startsAt) - Date.parse(b.startsAt))
    .slice(0, 3)
  if (near.length === 0) return null
  return (
    <ul className="grid gap-3 sm:grid-cols-2 lg:grid-cols-3">
      {near.map((sale) => {
        const running = Date.parse(sale.startsAt) <= now
        return (
          <li key={sale.id}>
            <button
              type="button"
              onClick={() => open(sale)}
              className={cx(
                'flex w-full flex-col gap-1 rounded-lg border bg-surface p-4 text-left shadow-card hover:bg-hover',
                running ? 'border-accent' : 'border-line',
              )}
            >
              <span className="flex items-center justify-between gap-2">
                <Badge tone={running ? 'accent' : 'info'}>{running ? 'Running' : 'Begins in'}</Badge>
                <span className="figures text-lg font-semibold">
                  {formatClock(Date.parse(running ? sale.endsAt : sale.startsAt) - now)}
                </span>
              </span>
              <span className="truncate font-medium">{titles.get(sale.productId) ?? shortId(sale.productId)}</span>
              <span className="text-sm text-quiet">
                {formatMoney(sale.priceMinor, sale.currency)} · {formatCount(sale.units)} units
              </span>
            </button>
          </li>
        )
      })}
    </ul>
  )
}

function Month({ month, sales, titles, open, plan }: SaleList & { month: Date; plan: (day: Date) => void }) {
  const today = dayKey(new Date())
  const byDay = useMemo(() => {
    const found = new Map<string, Sale[]>()
    for (const sale of sales) {
      if (sale.status === 'cancelled') continue
      const key = dayKey(new Date(sale.startsAt))
      found.set(key, [...(found.get(key) ?? []), sale])
    }
    return found
  }, [sales])
  return (
    <div className="grid grid-cols-7 border-t border-line text-sm">
      {weekdays.map((name) => (
        <div key={name} aria-hidden="true" className="border-b border-line py-1.5 text-center text-xs text-quiet">
          {name}
        </div>
      ))}
      {weeksOf(month)
        .flat()
        .map((day) => {
          const key = dayKey(day)
          const inside = day.getMonth() === month.getMonth()
          const here = byDay.get(key) ?? []
          return (
            <div
              key={key}
              className={cx(
                'group min-h-16 min-w-0 border-b border-line p-1 not-nth-[7n]:border-r sm:min-h-24',
                !inside && 'bg-sunken/50',
              )}
            >
              <button
                type="button"
                onClick={() => plan(day)}
                aria-label={`${dayName.format(day)}: plan a sale`}
                className={cx(
                  'figures mb-1 grid size-6 place-items-center rounded-full text-xs hover:bg-hover',
                  key === today ? 'bg-accent font-semibold text-accent-ink hover:bg-accent-strong' : 'text-quiet',
                )}
              >
                {day.getDate()}
              </button>
              {here.slice(0, 3).map((sale) => (
                <button
                  key={sale.id}
                  type="button"
                  onClick={() => open(sale)}
                  title={titles.get(sale.productId)}
                  className={cx(
                    'mb-0.5 block w-full truncate rounded-sm px-1 py-0.5 text-left text-2xs sm:text-xs',
                    sale.phase === 'past' ? 'bg-sunken text-quiet' : 'bg-accent-soft text-accent-strong',
                  )}
                >
                  {titles.get(sale.productId) ?? formatMoment(sale.startsAt)}
                </button>
              ))}
              {here.length > 3 && <span className="px-1 text-2xs text-quiet">{here.length - 3} more</span>}
            </div>
          )
        })}
    </div>
  )
}

function SaleDialog({ sale, title, close }: { sale: Sale; title: string | undefined; close: () => void }) {
  const now = useNow(1_000)
  const { operator } = useSession()
  const running = sale.status === 'planned' && Date.parse(sale.startsAt) <= now && Date.parse(sale.endsAt) > now
  const left = useQuery({
    queryKey: ['sale-left', sale.id],
    queryFn: () => souk.getSaleRemaining({ path: { saleWindowId: sale.id } }),
    refetchInterval: 2_000,
    enabled: running,
  })
  const cancel = useAct({
    run: () => souk.cancelSale({ path: { saleWindowId: sale.id } }),
    stale: [['sales']],
    done: 'Sale called off; its units go back to ordinary sale',
    onDone: close,
  })
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && close()}
      title={title ?? 'Sale'}
      width="sm"
      actions={
        (sale.status === 'planned' || sale.status === 'pending') && Date.parse(sale.endsAt) > now ? (
          <>
            {operator && !running && <Rehearsal units={sale.units} />}
            <Confirm
              title={running ? 'Stop the running sale?' : 'Call off this sale?'}
              danger
              confirm={running ? 'Stop it now' : 'Call it off'}
              busy={cancel.isPending}
              onConfirm={() => cancel.mutate()}
              trigger={<Button variant="danger">{running ? 'Stop the sale' : 'Call off'}</Button>}
            >
              Orders already placed keep the sale's price. Units nobody took go back to ordinary sale.
            </Confirm>
          </>
        ) : undefined
      }
    >
      <Facts
        className="pb-3"
        items={[
          ['State', <Status key="state" of={running ? 'running' : sale.status} />],
          ['Price', formatMoney(sale.priceMinor, sale.currency)],
          ['Begins', formatExact(sale.startsAt)],
          ['Ends', formatExact(sale.endsAt)],
          ['Units', formatCount(sale.units)],
          ['For each customer', sale.capPerCustomer === 0 ? 'no bound' : formatCount(sale.capPerCustomer)],
          ...(running ? [['Time left', formatClock(Date.parse(sale.endsAt) - now)] as const] : []),
          ...(left.data ? [['Units left', formatCount(left.data.remaining)] as const] : []),
        ]}
      />
    </Dialog>
  )
}

const optionOf = ({ id, title, variants }: Product): Option => ({
  value: id,
  label: title,
  note: variants[0]?.sku ?? '',
})

function Plan({ shopId, day, close }: { shopId: string; day: Date; close: () => void }) {
  const [chosen, setChosen] = useState<Product>()
  const [query, setQuery] = useState('')
  const [faults, setFaults] = useState<Readonly<Record<string, string>>>({})
  const products = useQuery({
    queryKey: ['products', shopId, 'for-sale', query],
    queryFn: () =>
      souk.listProducts({ query: { shopId, status: 'active', sort: 'title', limit: 20, ...(query && { query }) } }),
    staleTime: 60_000,
    placeholderData: keepPreviousData,
  })
  const found = products.data?.items ?? []
  const start = useMemo(() => {
    const at = new Date(day)
    const soon = new Date(Date.now() + 3_600_000)
    if (dayKey(at) === dayKey(soon)) at.setHours(soon.getHours(), 0, 0, 0)
    else at.setHours(10, 0, 0, 0)
    return at.getTime() <= Date.now() ? soon : at
  }, [day])
  const plan = useAct({
    run: (body: Parameters<typeof souk.planSale>[0]['body']) => souk.planSale({ body }),
    stale: [['sales']],
    done: 'Sale planned; its units are being set aside',
    onDone: close,
  })
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const form = new FormData(event.currentTarget)
    const priceMinor = chosen && parseMoney(raw(form, 'price'), chosen.currency)
    const startsAt = new Date(raw(form, 'startsAt'))
    const endsAt = new Date(raw(form, 'endsAt'))
    const wrong = {
      ...(chosen === undefined && { product: 'Choose what is on sale.' }),
      ...(chosen !== undefined && priceMinor === undefined && { price: 'Write it like 19.99.' }),
      ...(!(endsAt > startsAt) && { endsAt: 'It must end after it begins.' }),
    }
    setFaults(wrong)
    if (chosen === undefined || priceMinor === undefined || Object.keys(wrong).length > 0) return
    plan.mutate({
      productId: chosen.id,
      variantId: raw(form, 'variantId'),
      priceMinor,
      startsAt: startsAt.toISOString(),
      endsAt: endsAt.toISOString(),
      units: Number(form.get('units')),
      capPerCustomer: Number(form.get('cap')),
    })
  }
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && close()}
      title="Plan a sale"
      actions={
        <>
          <DialogClose />
          <Button type="submit" form="plan" variant="primary" busy={plan.isPending}>
            Plan it
          </Button>
        </>
      }
    >
      <form id="plan" onSubmit={submit} className="grid gap-4 pb-2 sm:grid-cols-2">
        <div className="flex flex-col gap-1.5 sm:col-span-2">
          <span className="text-sm font-medium">Product</span>
          <Combobox
            label="Product"
            placeholder="Type words of its title, or its SKU"
            options={found.map(optionOf)}
            value={chosen ? optionOf(chosen) : null}
            onChange={(option) => setChosen(found.find(({ id }) => id === option?.value))}
            onQuery={(text) => setQuery(text === chosen?.title ? '' : text.trim().slice(0, 100))}
          />
          {faults.product && (
            <p role="alert" className="text-sm text-bad">
              {faults.product}
            </p>
          )}
        </div>
        {chosen && (
          <Field label="Variant" className="sm:col-span-2">
            <Select name="variantId">
              {chosen.variants
                .filter(({ active }) => active)
                .map((variant) => (
                  <option key={variant.id} value={variant.id}>
                    {variant.title || variant.sku}, usually {formatMoney(variant.priceMinor, chosen.currency)}
                  </option>
                ))}
            </Select>
          </Field>
        )}
        <Field label={`Price${chosen ? ` in ${chosen.currency}` : ''}`} error={faults.price}>
          <Input
            key={chosen?.id}
            name="price"
            inputMode="decimal"
            required
            autoComplete="off"
            defaultValue={
              chosen?.variants[0] ? moneyForInput(Math.round(chosen.variants[0].priceMinor * 0.8), chosen.currency) : ''
            }
          />
        </Field>
        <Field label="Units" hint="Set aside from stock that is for sale.">
          <Input name="units" type="number" min={1} max={10_000_000} defaultValue={100} required />
        </Field>
        <Field label="Begins">
          <Input name="startsAt" type="datetime-local" defaultValue={localInput(start)} required />
        </Field>
        <Field label="Ends" error={faults.endsAt}>
          <Input
            name="endsAt"
            type="datetime-local"
            defaultValue={localInput(new Date(start.getTime() + 7_200_000))}
            required
          />
        </Field>
        <Field label="For each customer" hint="So many at most.">
          <Input name="cap" type="number" min={1} max={1_000} defaultValue={1} required />
        </Field>
      </form>
    </Dialog>
  )
}
