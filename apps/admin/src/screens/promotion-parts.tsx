import { Field, formatMoney, Input } from '@souk/ui'
import { When } from '../parts/status.tsx'
import { localInput } from '../work/calendar.ts'
import { word } from '../work/form.ts'

/** What it takes off. */
export const worth = ({
  kind,
  percent,
  amountMinor,
  currency,
}: {
  kind: string
  percent: number
  amountMinor: number
  currency: string
}): string =>
  kind === 'percent' ? `${percent} %` : kind === 'amount' ? formatMoney(amountMinor, currency) : 'Free shipping'

/** From when until when. */
export const period = ({ startsAt, endsAt }: { startsAt: string | null; endsAt: string | null }) => (
  <span className="flex gap-1">
    {startsAt === null ? 'always' : <When at={startsAt} />}{' '}
    {endsAt !== null && (
      <>
        – <When at={endsAt} />
      </>
    )}
  </span>
)

/** Fields that vouchers and discounts share: when, and on what. */
export function Period({ startsAt, endsAt }: { startsAt: string | null; endsAt: string | null }) {
  const shown = (at: string | null) => (at === null ? '' : localInput(new Date(at)))
  return (
    <>
      <Field label="From" hint="Empty: at once.">
        <Input name="startsAt" type="datetime-local" defaultValue={shown(startsAt)} />
      </Field>
      <Field label="Until" hint="Empty: for ever.">
        <Input name="endsAt" type="datetime-local" defaultValue={shown(endsAt)} />
      </Field>
    </>
  )
}

/** What such a field says, as the API takes it. */
export const timeIn = (form: FormData, name: string) =>
  word(form, name) === '' ? null : new Date(word(form, name)).toISOString()
