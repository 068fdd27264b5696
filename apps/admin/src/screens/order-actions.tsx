import type { GetOrderTimelineResponse, Order } from '@souk/sdk'
import { Alert, Button, Confirm, Dialog, DialogClose, Field, Input } from '@souk/ui'
import { Ban, PackageCheck, RotateCcw, Truck, Undo2 } from 'lucide-react'
import { type FormEvent, useState } from 'react'
import { humanise } from '../format.ts'
import { useAct } from '../parts/act.ts'
import { useSession } from '../session.tsx'
import { souk } from '../souk.ts'
import { word } from '../work/form.ts'

/** What of each line has not been sent: shipments that failed or were refused do not count. */
export function unsent(
  order: Pick<Order, 'lines' | 'shipments'>,
): { variantId: string; title: string; left: number }[] {
  const sent = new Map<string, number>()
  for (const { state, lines } of order.shipments)
    if (state !== 'refused')
      for (const { variantId, quantity } of lines) sent.set(variantId, (sent.get(variantId) ?? 0) + quantity)
  return order.lines
    .map(({ variantId, title, quantity }) => ({ variantId, title, left: quantity - (sent.get(variantId) ?? 0) }))
    .filter(({ left }) => left > 0)
}

/** What may be done to the order in its state, by whoever looks at it. */
export function OrderActions({ order, timeline }: { order: Order; timeline: GetOrderTimelineResponse | undefined }) {
  const { operator, may } = useSession()
  const stale = [['order', order.id], ['timeline', order.id], ['payments', order.id], ['orders'], ['stuck']]
  const staff = may(order.shopId, 'orders')
  const path = { shopId: order.shopId, orderId: order.id }
  const cancel = useAct({
    run: () => souk.cancelOrder({ path: { orderId: order.id } }),
    stale,
    done: 'Order cancelled',
  })
  const deliver = useAct({ run: () => souk.recordDelivery({ path, body: {} }), stale, done: 'Delivery recorded' })
  const failed = useAct({
    run: () => souk.recordDelivery({ path, body: { outcome: 'failed' } }),
    stale,
    done: 'Recorded as undeliverable; the goods come back as a return',
  })
  const retry = useAct({
    run: () => souk.retryOrder({ path: { orderId: order.id } }),
    stale,
    done: 'Tried again at once',
  })
  const compensate = useAct({
    run: () => souk.compensateOrder({ path: { orderId: order.id } }),
    stale,
    done: 'Being taken back: goods are released, money is returned',
  })
  const stuck = timeline?.steps.filter(({ state }) => state === 'stuck' || state === 'undo-stuck') ?? []
  const left = unsent(order)
  const maySend = staff && (order.status === 'confirmed' || order.status === 'partly-shipped') && left.length > 0
  const underway = order.shipments.some(({ state }) => state === 'issued')
  const mayCancel = staff && (order.status === 'placed' || order.status === 'confirmed') && order.shipments.length === 0
  if (!staff && !operator) return null
  return (
    <>
      {stuck.map((step) => (
        <Alert
          key={step.step}
          tone="bad"
          title={`Stuck: ${step.step} failed ${step.attempts} times`}
          actions={
            operator && (
              <Button size="sm" busy={retry.isPending} onClick={() => retry.mutate()}>
                <RotateCcw /> Retry now
              </Button>
            )
          }
        >
          {[humanise(step.reason), step.detail].filter(Boolean).join(': ')}
        </Alert>
      ))}
      <div className="flex flex-wrap gap-2">
        {maySend && <Ship order={order} stale={stale} />}
        {staff && underway && (
          <>
            <Button busy={deliver.isPending} onClick={() => deliver.mutate()}>
              <PackageCheck /> Delivered
            </Button>
            <Confirm
              title="Could it not be delivered?"
              confirm="Yes, it comes back"
              onConfirm={() => failed.mutate()}
              busy={failed.isPending}
              trigger={
                <Button>
                  <Undo2 /> Undeliverable
                </Button>
              }
            >
              The goods on their way are recorded as coming back, as a return of the whole shipment.
            </Confirm>
          </>
        )}
        {operator && stuck.length > 0 && (
          <Confirm
            title="Take this order back?"
            danger
            confirm="Take it back"
            busy={compensate.isPending}
            onConfirm={() => compensate.mutate()}
            trigger={
              <Button>
                <Undo2 /> Compensate
              </Button>
            }
          >
            Every step that was done is undone in reverse: goods are released, money goes back, the customer is told.
          </Confirm>
        )}
        {mayCancel && (
          <Confirm
            title="Cancel this order?"
            danger
            confirm="Cancel the order"
            busy={cancel.isPending}
            onConfirm={() => cancel.mutate()}
            trigger={
              <Button variant="quiet">
                <Ban /> Cancel order
              </Button>
            }
          >
            What was set apart can be sold again, and what was paid goes back. This cannot be undone.
          </Confirm>
        )}
      </div>
    </>
  )
}

function Ship({ order, stale }: { order: Order; stale: (string | string[])[][] | string[][] }) {
  const [open, setOpen] = useState(false)
  const left = unsent(order)
  type Shipment = {
    lines: { variantId: string; quantity: number }[]
    carrier?: string
    trackingNumber?: string
    trackingUrl?: string
  }
  const ship = useAct({
    run: (body: Shipment) => souk.shipOrder({ path: { shopId: order.shopId, orderId: order.id }, body }),
    stale: stale as string[][],
    done: 'Shipment recorded; the customer is told',
    onDone: () => setOpen(false),
  })
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const form = new FormData(event.currentTarget)
    const said = (name: string) => word(form, name)
    const lines = left
      .map(({ variantId }) => ({ variantId, quantity: Number(form.get(variantId)) }))
      .filter(({ quantity }) => quantity > 0)
    ship.mutate({
      lines,
      ...(said('carrier') && { carrier: said('carrier') }),
      ...(said('trackingNumber') && { trackingNumber: said('trackingNumber') }),
      ...(said('trackingUrl') && { trackingUrl: said('trackingUrl') }),
    })
  }
  return (
    <Dialog
      open={open}
      onOpenChange={setOpen}
      title="Ship"
      description="What is in the parcel. What is left out can follow in another."
      trigger={
        <Button variant="primary">
          <Truck /> Ship
        </Button>
      }
      actions={
        <>
          <DialogClose />
          <Button type="submit" form="ship" variant="primary" busy={ship.isPending}>
            Record shipment
          </Button>
        </>
      }
    >
      <form id="ship" onSubmit={submit} className="flex flex-col gap-4 pb-2">
        {left.map(({ variantId, title, left }) => (
          <Field key={variantId} label={title} hint={`${left} to send`}>
            <Input
              name={variantId}
              type="number"
              inputMode="numeric"
              min={0}
              max={left}
              defaultValue={left}
              required
              className="w-28"
            />
          </Field>
        ))}
        <div className="grid gap-4 sm:grid-cols-2">
          <Field label="Carrier">
            <Input name="carrier" maxLength={60} autoComplete="off" list="carriers" />
          </Field>
          <Field label="Tracking number">
            <Input name="trackingNumber" maxLength={80} autoComplete="off" />
          </Field>
        </div>
        <datalist id="carriers">
          {['DHL', 'DPD', 'GLS', 'Hermes', 'UPS', 'FedEx'].map((name) => (
            <option key={name} value={name} />
          ))}
        </datalist>
        <Field label="Tracking link">
          <Input name="trackingUrl" type="url" placeholder="https://…" maxLength={400} />
        </Field>
      </form>
    </Dialog>
  )
}
