import type { Shop } from '@souk/sdk'
import { Alert, Button, Confirm, Dialog, DialogClose, EmptyState, Facts, Field, Input, Textarea } from '@souk/ui'
import { Link } from '@tanstack/react-router'
import { Building2 } from 'lucide-react'
import { type FormEvent, useState } from 'react'
import { formatExact, humanise } from '../format.ts'
import { FilterBar } from '../grid/filter-bar.tsx'
import { type Column, Grid } from '../grid/grid.tsx'
import { useFilters } from '../grid/search.ts'
import { useAct } from '../parts/act.ts'
import { Page } from '../parts/page.tsx'
import { Picture } from '../parts/picture.tsx'
import { Status, When } from '../parts/status.tsx'
import { shopKey, useShopQuery } from '../shop.tsx'
import { souk } from '../souk.ts'
import { ShopHistory } from './shop-settings.tsx'
import { word } from '../work/form.ts'

const statuses = ['registered', 'open', 'suspended', 'closed'] as const
const verifications = ['pending', 'unverified', 'rejected', 'verified'] as const

const columns: readonly Column<Shop>[] = [
  {
    id: 'logo',
    header: 'Logo',
    width: 4,
    grow: 0,
    phone: 'hide',
    cell: ({ logo }) => <Picture picture={logo ?? undefined} size="sm" />,
  },
  {
    id: 'name',
    header: 'Shop',
    width: 12,
    grow: 3,
    phone: 'title',
    cell: ({ name }) => <span className="font-medium">{name}</span>,
  },
  { id: 'status', header: 'State', width: 8, grow: 0, phone: 'end', cell: ({ status }) => <Status of={status} /> },
  {
    id: 'verification',
    header: 'Verification',
    width: 9,
    grow: 0,
    cell: ({ verification }) => <Status of={verification} />,
  },
  {
    id: 'country',
    header: 'Country',
    width: 6,
    grow: 0,
    phone: 'hide',
    cell: ({ country, currency }) => `${country} · ${currency}`,
  },
  {
    id: 'commission',
    header: 'Commission',
    width: 7,
    grow: 0,
    numeric: true,
    phone: 'hide',
    cell: ({ management }) => (management ? `${management.commissionBasisPoints / 100} %` : '–'),
  },
  { id: 'created', header: 'Since', width: 8, grow: 0, cell: ({ createdAt }) => <When at={createdAt} /> },
]

export function Shops() {
  const [{ q, status, verification }] = useFilters()
  const [opened, setOpened] = useState<string>()
  const wanted = {
    ...(q && { search: q }),
    ...(statuses.some((each) => each === status) && { status: status as (typeof statuses)[number] }),
    ...(verifications.some((each) => each === verification) && {
      verification: verification as (typeof verifications)[number],
    }),
  }
  return (
    <Page title="Shops" fill>
      <FilterBar
        screen="shops"
        search="Name of a shop"
        filters={[
          { name: 'verification', label: 'Verification', options: verifications.map((each) => [each, humanise(each)]) },
          { name: 'status', label: 'State', options: statuses.map((each) => [each, humanise(each)]) },
        ]}
      />
      <Grid
        label="Shops"
        columns={columns}
        rowId={({ id }) => id}
        onOpen={({ id }) => setOpened(id)}
        queryKey={['shops', 'list', wanted]}
        list={(page) => souk.listShops({ query: { ...wanted, ...page } })}
        empty={
          <EmptyState
            icon={<Building2 />}
            title={verification === 'pending' ? 'No shop waits for you' : 'No such shop'}
          >
            Shops that ask to be verified stand under “Pending” until an operator decides.
          </EmptyState>
        }
      />
      {opened && <ShopDialog shopId={opened} close={() => setOpened(undefined)} />}
    </Page>
  )
}

function ShopDialog({ shopId, close }: { shopId: string; close: () => void }) {
  const shop = useShopQuery(shopId).data
  return (
    <Dialog open onOpenChange={(open) => !open && close()} drawer title={shop?.name ?? 'Shop'} description={shop?.slug}>
      {shop && <Care shop={shop} />}
    </Dialog>
  )
}

function Care({ shop }: { shop: Shop }) {
  const stale = [shopKey(shop.id), ['shops'], ['shop-history', shop.id]]
  const path = { shopId: shop.id }
  const verify = useAct({
    run: () => souk.decideShopVerification({ path, body: { decision: 'verify' } }),
    stale,
    done: `${shop.name} is verified`,
  })
  const reinstate = useAct({
    run: (reason: string) => souk.reinstateShop({ path, body: { reason } }),
    stale,
    done: 'The shop sells again',
  })
  const suspend = useAct({
    run: (reason: string) => souk.suspendShop({ path, body: { reason } }),
    stale,
    done: 'Suspended: nothing of it can be bought',
    undo: () => souk.reinstateShop({ path, body: { reason: 'Suspended by mistake' } }),
  })
  const reject = useAct({
    run: (reason: string) => souk.decideShopVerification({ path, body: { decision: 'reject', reason } }),
    stale,
    done: 'Rejected; the shop is told why',
  })
  const before = shop.management?.commissionBasisPoints
  const setCommission = (basisPoints: number) => souk.setShopCommission({ path, body: { basisPoints } })
  const commission = useAct({
    run: setCommission,
    stale,
    done: (_, points) => `Commission is ${points / 100} %`,
    ...(before !== undefined && { undo: () => setCommission(before) }),
  })
  const close = useAct({ run: () => souk.closeShop({ path, body: {} }), stale, done: 'The shop is closed' })
  return (
    <div className="flex flex-col gap-4 pb-6 text-sm">
      <Facts
        items={[
          ['State', <Status key="status" of={shop.status} />],
          ['Verification', <Status key="verification" of={shop.verification} />],
          ['Country', `${shop.country}, ${shop.currency}`],
          ['Since', formatExact(shop.createdAt)],
          ['Help by', shop.supportEmail ?? '–'],
          ['Website', shop.websiteUrl ?? '–'],
        ]}
      />
      {shop.description && <p className="text-quiet wrap-anywhere">{shop.description}</p>}
      {(shop.verification === 'pending' || shop.verification === 'unverified' || shop.verification === 'rejected') &&
        shop.status !== 'closed' && (
          <Alert
            tone={shop.verification === 'pending' ? 'warn' : 'info'}
            title={shop.verification === 'pending' ? 'Waits for your decision' : 'Not verified'}
          >
            <div className="mt-2 flex flex-wrap gap-2">
              <Button variant="primary" size="sm" busy={verify.isPending} onClick={() => verify.mutate()}>
                Verify
              </Button>
              <Reason
                title="Why is it rejected?"
                act="Reject"
                run={(reason) => reject.mutate(reason)}
                label="Reject…"
              />
            </div>
          </Alert>
        )}
      <div className="flex flex-wrap gap-2">
        <Link to="/s/$shopId" params={{ shopId: shop.id }} className="self-center text-accent">
          Work in this shop
        </Link>
        {shop.status === 'suspended' ? (
          <Reason
            title="Why may it sell again?"
            act="Reinstate"
            run={(reason) => reinstate.mutate(reason)}
            label="Reinstate…"
          />
        ) : (
          shop.status !== 'closed' && (
            <Reason
              title="Why is it suspended?"
              act="Suspend"
              danger
              run={(reason) => suspend.mutate(reason)}
              label="Suspend…"
            />
          )
        )}
        {shop.status !== 'closed' && (
          <Confirm
            title={`Close ${shop.name} for ever?`}
            danger
            confirm="Close it"
            onConfirm={() => close.mutate()}
            trigger={
              <Button size="sm" variant="quiet">
                Close…
              </Button>
            }
          >
            A closed shop never opens again. Its orders and books are kept.
          </Confirm>
        )}
      </div>
      {before !== undefined && (
        <form
          className="flex items-end gap-2"
          onSubmit={(event) => {
            event.preventDefault()
            commission.mutate(Math.round(Number(new FormData(event.currentTarget).get('percent')) * 100))
          }}
        >
          <Field label="Commission in percent" className="w-44">
            <Input
              key={before}
              name="percent"
              type="number"
              min={0}
              max={100}
              step={0.01}
              defaultValue={before / 100}
              required
            />
          </Field>
          <Button type="submit" busy={commission.isPending}>
            Set
          </Button>
        </form>
      )}
      <ShopHistory shopId={shop.id} />
    </div>
  )
}

/** A decision that must be given a reason. */
export function Reason({
  title,
  act,
  label,
  danger,
  run,
}: {
  title: string
  act: string
  label: string
  danger?: boolean
  run: (reason: string) => void
}) {
  const [open, setOpen] = useState(false)
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    event.stopPropagation()
    run(word(new FormData(event.currentTarget), 'reason'))
    setOpen(false)
  }
  return (
    <Dialog
      open={open}
      onOpenChange={setOpen}
      title={title}
      width="sm"
      trigger={<Button size="sm">{label}</Button>}
      actions={
        <>
          <DialogClose />
          <Button type="submit" form={`reason-${act}`} variant={danger ? 'danger' : 'primary'}>
            {act}
          </Button>
        </>
      }
    >
      <form id={`reason-${act}`} onSubmit={submit} className="pb-2">
        <Field label="Reason" hint="Kept in the history.">
          <Textarea name="reason" rows={3} required minLength={3} maxLength={500} />
        </Field>
      </form>
    </Dialog>
  )
}
