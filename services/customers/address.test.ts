import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Address, checkAddress, isCountry } from './address.ts'
import { countries, rulesOf } from './countries.ts'

const address = (given: Partial<Address>): Address => ({
  label: '',
  name: 'Ada Lovelace',
  company: '',
  line1: '1 Street',
  line2: '',
  postalCode: '',
  city: 'Town',
  region: '',
  country: 'DE',
  phone: null,
  ...given,
})
const faultsOf = (given: Partial<Address>) => checkAddress(address(given)).faults.map(({ field }) => field)

describe('an address', () => {
  test('is right in every country of the table with the example of a postal code and a region', () => {
    for (const [country, { example = '' }] of Object.entries(countries)) {
      expect(isCountry(country), country).toBe(true)
      expect(faultsOf({ country, postalCode: example, region: 'Somewhere' }), country).toEqual([])
    }
    expect(Object.keys(countries).length).toBeGreaterThanOrEqual(30)
  })

  test.each([
    ['DE', '1011', ['postalCode']],
    ['DE', '', ['postalCode']],
    ['GB', 'sw1a 1aa', []],
    ['GB', '12345', ['postalCode']],
    ['US', '95014', ['region']],
    ['CA', 'D1A 0T6', ['region', 'postalCode']],
    ['NL', '1234 SS', ['postalCode']],
    ['IE', '', []],
    ['ES', '99999', ['region', 'postalCode']],
    ['QZ', '', ['country']],
    ['EU', '', ['country']],
  ])('in %s with the postal code "%s" lacks %j', (country, postalCode, faults) => {
    expect(faultsOf({ country, postalCode })).toEqual(faults)
  })

  test('of a country that is not in the table needs a name, a street and a town, and nothing else', () => {
    expect(faultsOf({ country: 'KE', name: ' ', line1: '', city: '' })).toEqual(['name', 'line1', 'city'])
    expect(faultsOf({ country: 'KE', postalCode: 'whatever' })).toEqual([])
  })

  test('is tidied: spaces, capitals in the postal code, the phone number as dialled from abroad', () => {
    const { address: kept } = checkAddress(
      address({ name: '  Ada   Lovelace ', country: 'GB', postalCode: 'sw1a 1aa', phone: '020 7946 0018' }),
    )
    expect(kept).toMatchObject({ name: 'Ada Lovelace', postalCode: 'SW1A 1AA', phone: '+442079460018' })
    expect(faultsOf({ postalCode: '10115', phone: 'call me' })).toEqual(['phone'])
  })

  test('once tidied stays as it is', () => {
    fc.assert(
      fc.property(
        fc.record({ name: fc.string(), postalCode: fc.string({ maxLength: 16 }), city: fc.string() }),
        fc.constantFrom(...Object.keys(countries), 'KE'),
        (given, country) => {
          const once = checkAddress(address({ ...given, country })).address
          expect(checkAddress(once).address).toEqual(once)
        },
      ),
    )
  })

  test('is not looked up by names every object has', () => {
    expect(rulesOf('constructor')).toEqual({})
  })
})
