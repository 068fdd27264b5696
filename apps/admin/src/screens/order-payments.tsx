import type { GetPaymentResponse } from '@souk/sdk'
import { Button, Card, Dialog, DialogClose, Field, formatMoney, Input, moneyForInput, parseMoney } from '@souk/ui'
import { useQuery } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { humanise } from '../format.ts'
import { useAct } from '../parts/act.ts'
import { Loaded } from '../parts/page.tsx'
import { Status, When } from '../parts/status.tsx'
import { useSession } from '../session.tsx'
import { souk } from '../souk.ts'
import { raw, word } from '../work/form.ts'

type Payment = GetPaymentResponse

export function OrderPayments({ orderId, shopId }: { orderId: string; shopId: string }) {
  const { may } = useSession()
  const query = useQuery({
    queryKey: ['payments', orderId],
    queryFn: () => souk.listOrderPayments({ path: { orderId } }),
    refetchInterval: 8_000,
  })
  return (
    <Card title="Money">
      <Loaded query={query} lines={2}>
        {({ items }) =>
          items.length === 0 ? (
            <p className="text-sm text-quiet">Nothing was asked for yet.</p>
          ) : (
            <ul className="flex flex-col gap-4">
              {items.map((payment) => (
                <PaymentEntry key={payment.id} payment={payment} mayAct={may(shopId, 'orders')} />
              ))}
            </ul>
          )
        }
      </Loaded>
    </Card>
  )
}

/** What of it can still go back to the customer. */
export const refundable = ({ capturedMinor, refunds }: Pick<Payment, 'capturedMinor' | 'refunds'>): number =>
  capturedMinor -
  refunds.filter(({ state }) => state !== 'failed').reduce((sum, { amountMinor }) => sum + amountMinor, 0)

function PaymentEntry({ payment, mayAct }: { payment: Payment; mayAct: boolean }) {
  const stale = [
    ['payments', payment.orderId],
    ['timeline', payment.orderId],
    ['order', payment.orderId],
  ]
  const path = { paymentId: payment.id }
  const capture = useAct({ run: () => souk.capturePayment({ path }), stale, done: 'Captured' })
  const release = useAct({ run: () => souk.voidPayment({ path }), stale, done: 'Let go' })
  const left = refundable(payment)
  return (
    <li className="text-sm">
      <div className="flex flex-wrap items-center gap-2">
        <Status of={payment.status} />
        <span>
          {humanise(payment.method)}
          {payment.provider !== null && <span className="text-quiet"> by {payment.provider}</span>}
        </span>
        <span className="figures ml-auto font-semibold">{formatMoney(payment.amountMinor, payment.currency)}</span>
      </div>
      {payment.refunds.map((refund) => (
        <p key={refund.id} className="mt-1 flex flex-wrap items-center gap-2 text-xs text-quiet">
          <Status of={refund.state} /> {formatMoney(refund.amountMinor, payment.currency)} back to the{' '}
          {refund.to === 'wallet' ? 'wallet' : 'customer'} {refund.reason !== '' && `(${refund.reason})`}{' '}
          <When at={refund.askedAt} />
        </p>
      ))}
      {mayAct && (
        <div className="mt-2 flex flex-wrap gap-2">
          {left > 0 && <Refund payment={payment} left={left} stale={stale} />}
          {payment.status === 'authorised' && payment.method !== 'cash-on-delivery' && (
            <>
              <Button size="sm" busy={capture.isPending} onClick={() => capture.mutate()}>
                Capture
              </Button>
              <Button size="sm" variant="quiet" busy={release.isPending} onClick={() => release.mutate()}>
                Let go
              </Button>
            </>
          )}
        </div>
      )}
    </li>
  )
}

function Refund({ payment, left, stale }: { payment: Payment; left: number; stale: string[][] }) {
  const [open, setOpen] = useState(false)
  const [fault, setFault] = useState<string>()
  const refund = useAct({
    run: (body: { amountMinor: number; reason?: string }) =>
      souk.refundPayment({ path: { paymentId: payment.id }, body }),
    stale,
    done: (_, { amountMinor }) => `${formatMoney(amountMinor, payment.currency)} is on its way back`,
    onDone: () => setOpen(false),
  })
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const form = new FormData(event.currentTarget)
    const amountMinor = parseMoney(raw(form, 'amount'), payment.currency)
    const reason = word(form, 'reason')
    if (amountMinor === undefined || amountMinor < 1 || amountMinor > left)
      return setFault(`Say an amount up to ${formatMoney(left, payment.currency)}.`)
    setFault(undefined)
    refund.mutate({ amountMinor, ...(reason !== '' && { reason }) })
  }
  return (
    <Dialog
      open={open}
      onOpenChange={setOpen}
      title="Refund"
      description={`Up to ${formatMoney(left, payment.currency)}. Money that has gone back cannot be fetched again.`}
      width="sm"
      trigger={<Button size="sm">Refund…</Button>}
      actions={
        <>
          <DialogClose />
          <Button type="submit" form={`refund-${payment.id}`} variant="danger" busy={refund.isPending}>
            Refund
          </Button>
        </>
      }
    >
      <form id={`refund-${payment.id}`} onSubmit={submit} className="flex flex-col gap-4 pb-2">
        <Field label={`Amount in ${payment.currency}`} error={fault}>
          <Input
            name="amount"
            inputMode="decimal"
            defaultValue={moneyForInput(left, payment.currency)}
            autoComplete="off"
            required
          />
        </Field>
        <Field label="Reason" hint="Stands in the order's timeline.">
          <Input name="reason" maxLength={200} />
        </Field>
      </form>
    </Dialog>
  )
}
