import type { GetPricingSettingsResponse } from '@souk/sdk'
import { Button, Card, Checkbox, Field, Input, moneyForInput, parseMoney } from '@souk/ui'
import { type FormEvent, useState } from 'react'
import { ConflictDialog } from '../edit/conflict-dialog.tsx'
import { useEdit } from '../edit/use-edit.tsx'
import { Loaded } from '../parts/page.tsx'
import { souk } from '../souk.ts'
import { word } from '../work/form.ts'

type Settings = GetPricingSettingsResponse

/** How the shop deals with tax, delivery and points. */
export function PricingSettings({ shopId, currency }: { shopId: string; currency: string }) {
  const path = { shopId }
  const edit = useEdit<Settings>({
    queryKey: ['pricing-settings', shopId],
    read: () => souk.getPricingSettings({ path }),
    async write(patch, guard) {
      const { version: _, ...before } = await souk.getPricingSettings({ path })
      return souk.setPricingSettings({ path, body: { ...before, ...patch } as Omit<Settings, 'version'>, ...guard })
    },
    name: 'Settings',
  })
  return (
    <Card className="max-w-2xl">
      <Loaded query={edit.query}>
        {(settings) => (
          <Form key={settings.version} settings={settings} currency={currency} busy={edit.saving} save={edit.save} />
        )}
      </Loaded>
      <ConflictDialog conflict={edit.conflict} settle={edit.settle} />
    </Card>
  )
}

function Form({
  settings,
  currency,
  busy,
  save,
}: {
  settings: Settings
  currency: string
  busy: boolean
  save: (patch: Partial<Settings>) => Promise<boolean>
}) {
  const [fault, setFault] = useState<string>()
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const form = new FormData(event.currentTarget)
    const minorPerPoint = word(form, 'point') === '' ? null : parseMoney(word(form, 'point'), currency)
    if (minorPerPoint === undefined) return setFault('Write it like 1.00.')
    setFault(undefined)
    void save({
      collectsTax: form.get('collectsTax') === 'on',
      pricesIncludeTax: form.get('pricesIncludeTax') === 'on',
      requiresDelivery: form.get('requiresDelivery') === 'on',
      country: word(form, 'country').toUpperCase(),
      minorPerPoint,
    })
  }
  return (
    <form onSubmit={submit} className="flex flex-col gap-3">
      <Checkbox name="collectsTax" label="Tax is shown and collected" defaultChecked={settings.collectsTax} />
      <Checkbox
        name="pricesIncludeTax"
        label="Prices include tax"
        hint="Otherwise it is added to them."
        defaultChecked={settings.pricesIncludeTax}
      />
      <Checkbox name="requiresDelivery" label="An order needs an address" defaultChecked={settings.requiresDelivery} />
      <div className="grid gap-4 sm:grid-cols-2">
        <Field label="Country of the shop">
          <Input name="country" required pattern="[A-Za-z]{2}" defaultValue={settings.country} />
        </Field>
        <Field label={`A point for each … ${currency}`} hint="Empty: no points." error={fault}>
          <Input
            name="point"
            inputMode="decimal"
            defaultValue={settings.minorPerPoint === null ? '' : moneyForInput(settings.minorPerPoint, currency)}
          />
        </Field>
      </div>
      <Button type="submit" variant="primary" busy={busy} className="self-start">
        Save
      </Button>
    </form>
  )
}
