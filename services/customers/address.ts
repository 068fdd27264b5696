import { type CountryRules, rulesOf } from './countries.ts'
import { phoneOf } from './phone.ts'

/** An address as somebody typed it, or tidied. */
export type Address = {
  /** "Home". */
  label: string
  /** Of whoever receives. */
  name: string
  company: string
  line1: string
  line2: string
  postalCode: string
  city: string
  region: string
  country: string
  phone: string | null
}

export type Fault = { field: keyof Address; message: string }

const regionNames = new Intl.DisplayNames('en', { type: 'region', fallback: 'none' })

/** Two letters that stand for a country, as far as the Unicode tables know. */
export const isCountry = (code: string): boolean => {
  const name = regionNames.of(code)
  return name !== undefined && !['ZZ', 'EU', 'EZ', 'UN', 'QO', 'XA', 'XB'].includes(code)
}

const tidy = (text: string) => text.normalize('NFC').trim().replace(/ +/g, ' ')

/**
 * What is kept of an address, and what is wrong with it in its country. With faults it must not be kept.
 * @returns the address tidied: spaces, the postal code in capitals, the phone number in E.164
 */
export function checkAddress(given: Address): { address: Address; faults: Fault[] } {
  const faults: Fault[] = []
  const address: Address = {
    label: tidy(given.label),
    name: tidy(given.name),
    company: tidy(given.company),
    line1: tidy(given.line1),
    line2: tidy(given.line2),
    postalCode: tidy(given.postalCode).toUpperCase(),
    city: tidy(given.city),
    region: tidy(given.region),
    country: given.country,
    phone: given.phone,
  }
  if (!isCountry(address.country)) faults.push({ field: 'country', message: 'is not a country: "DE" is Germany' })
  const rules = rulesOf(address.country)
  for (const field of ['name', 'line1', 'city'] as const)
    if (address[field] === '') faults.push({ field, message: 'is missing' })
  if (rules.region && address.region === '')
    faults.push({ field: 'region', message: 'is missing: addresses there name the state or province' })
  const wrong = postalCodeFault(address.postalCode, rules)
  if (wrong !== undefined) faults.push({ field: 'postalCode', message: wrong })
  if (given.phone !== null) {
    const phone = phoneOf(given.phone, address.country)
    if (phone === undefined) faults.push({ field: 'phone', message: 'is not a phone number' })
    else address.phone = phone
  }
  return { address, faults }
}

function postalCodeFault(postalCode: string, rules: CountryRules): string | undefined {
  if (rules.postalCode === undefined) return undefined
  if (postalCode === '') return rules.postalCodeOptional ? undefined : `is missing: ${rules.example} is one there`
  return rules.postalCode.test(postalCode) ? undefined : `does not look like one there: ${rules.example} is one`
}
