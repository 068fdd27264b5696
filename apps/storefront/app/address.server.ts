import type { Address } from './parts/address-fields.tsx'
import { textOf } from './forms.server.ts'

export function addressOf(form: FormData): Address {
  const given = (name: 'line2' | 'postalCode' | 'region' | 'phone') => {
    const text = textOf(form, name, 200)
    return text === '' ? {} : { [name]: text }
  }
  return {
    name: textOf(form, 'name', 100),
    line1: textOf(form, 'line1', 200),
    city: textOf(form, 'city', 100),
    country: textOf(form, 'country', 2).toUpperCase(),
    ...given('line2'),
    ...given('postalCode'),
    ...given('region'),
    ...given('phone'),
  }
}
