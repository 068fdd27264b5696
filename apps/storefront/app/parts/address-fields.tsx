import { Field, Input, Select } from '@souk/ui/plain'
import { useWords } from '../i18n/words.tsx'

/** Those the shops of the world send to most; the shop decides whether it does. */
export const countries = [
  'AT',
  'AU',
  'BE',
  'CA',
  'CH',
  'CZ',
  'DE',
  'DK',
  'ES',
  'FI',
  'FR',
  'GB',
  'GR',
  'HU',
  'IE',
  'IT',
  'JP',
  'LU',
  'NL',
  'NO',
  'NZ',
  'PL',
  'PT',
  'RO',
  'SE',
  'SG',
  'SI',
  'SK',
  'US',
] as const

export type Address = {
  name: string
  line1: string
  line2?: string
  postalCode?: string
  city: string
  region?: string
  country: string
  phone?: string | null
}

/** An address as a form. Names of fields and what browsers fill in by themselves go together. */
export function AddressFields({
  address,
  faults = {},
  onCountry,
}: {
  address?: Partial<Address> | undefined
  faults?: Readonly<Record<string, string>> | undefined
  onCountry?: (country: string) => void
}) {
  const { t, locale, lang } = useWords()
  const names = new Intl.DisplayNames(locale, { type: 'region' })
  const named = countries
    .map((code) => [code, names.of(code) ?? code] as const)
    .sort(([, one], [, other]) => one.localeCompare(other, locale))
  return (
    <div className="grid grid-cols-6 gap-x-3 gap-y-4">
      <Field label={t('address.name')} error={faults.name} className="col-span-6">
        <Input name="name" autoComplete="name" defaultValue={address?.name} required maxLength={100} />
      </Field>
      <Field label={t('address.line1')} error={faults.line1} className="col-span-6">
        <Input name="line1" autoComplete="address-line1" defaultValue={address?.line1} required maxLength={200} />
      </Field>
      <Field label={t('address.line2')} error={faults.line2} className="col-span-6">
        <Input name="line2" autoComplete="address-line2" defaultValue={address?.line2} maxLength={200} />
      </Field>
      <Field label={t('address.postcode')} error={faults.postalCode ?? faults.postcode} className="col-span-2">
        <Input name="postalCode" autoComplete="postal-code" defaultValue={address?.postalCode} maxLength={20} />
      </Field>
      <Field label={t('address.city')} error={faults.city} className="col-span-4">
        <Input name="city" autoComplete="address-level2" defaultValue={address?.city} required maxLength={100} />
      </Field>
      <Field label={t('address.region')} error={faults.region} className="col-span-6 sm:col-span-3">
        <Input name="region" autoComplete="address-level1" defaultValue={address?.region} maxLength={100} />
      </Field>
      <Field label={t('address.country')} error={faults.country} className="col-span-6 sm:col-span-3">
        <Select
          name="country"
          autoComplete="country"
          defaultValue={address?.country ?? (lang === 'de' ? 'DE' : 'GB')}
          onChange={(event) => onCountry?.(event.target.value)}
        >
          {named.map(([code, name]) => (
            <option key={code} value={code}>
              {name}
            </option>
          ))}
        </Select>
      </Field>
      <Field label={t('address.phone')} error={faults.phone} className="col-span-6">
        <Input name="phone" type="tel" autoComplete="tel" defaultValue={address?.phone ?? ''} maxLength={30} />
      </Field>
    </div>
  )
}
