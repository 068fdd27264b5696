// What an address must have, by country. Required fields and postal codes follow the address metadata of Google's
// libaddressinput (chromium-i18n.appspot.com/ssl-address/data), which follows the Universal Postal Union; simplified to
// what a person can get wrong: whether a region is needed, whether there is a postal code and how it looks.

export type CountryRules = {
  /** What a postal code looks like, in capitals. Undefined: the country has none, or we do not know; any is taken. */
  readonly postalCode?: RegExp
  /** One that is right, for the message. */
  readonly example?: string
  /** A state, province or prefecture is part of the address. */
  readonly region?: true
  /** There is a postal code, but an address may go without. */
  readonly postalCodeOptional?: true
}

const digits = (count: number, example: string): CountryRules => ({
  postalCode: new RegExp(`^\\d{${count}}$`),
  example,
})
const withRegion = (rules: CountryRules): CountryRules => ({ ...rules, region: true })

export const countries: Readonly<Record<string, CountryRules>> = {
  AE: { region: true },
  AR: { postalCode: /^([A-HJ-NP-Z])?\d{4}([A-Z]{3})?$/, example: 'C1070AAM' },
  AT: digits(4, '1010'),
  AU: withRegion(digits(4, '2060')),
  BE: digits(4, '1000'),
  BG: digits(4, '1000'),
  BR: withRegion({ postalCode: /^\d{5}-?\d{3}$/, example: '40301-110' }),
  CA: withRegion({
    postalCode: /^[ABCEGHJKLMNPRSTVXY]\d[ABCEGHJ-NPRSTV-Z] ?\d[ABCEGHJ-NPRSTV-Z]\d$/,
    example: 'K1A 0T6',
  }),
  CH: digits(4, '8001'),
  CN: withRegion(digits(6, '100000')),
  CY: digits(4, '2008'),
  CZ: { postalCode: /^\d{3} ?\d{2}$/, example: '110 00' },
  DE: digits(5, '10115'),
  DK: digits(4, '1050'),
  EE: digits(5, '10111'),
  EG: { postalCode: /^\d{5}$/, example: '12411', region: true, postalCodeOptional: true },
  ES: withRegion({ postalCode: /^(0[1-9]|[1-4]\d|5[0-2])\d{3}$/, example: '28039' }),
  FI: digits(5, '00100'),
  FR: { postalCode: /^\d{2} ?\d{3}$/, example: '75001' },
  GB: {
    postalCode:
      /^(GIR ?0AA|[A-PR-UWYZ](\d{1,2}|[A-HK-Y]\d{1,2}|\d[A-HJKPSTUW]|[A-HK-Y]\d[ABEHMNPRVWXY]) ?\d[ABD-HJLNP-UW-Z]{2})$/,
    example: 'SW1A 1AA',
  },
  GR: { postalCode: /^\d{3} ?\d{2}$/, example: '151 24' },
  HK: { region: true },
  HR: digits(5, '10000'),
  HU: digits(4, '1037'),
  ID: withRegion({ ...digits(5, '40115'), postalCodeOptional: true }),
  IE: { postalCode: /^[AC-FHKNPRTV-Y]\d[0-9W] ?[0-9AC-FHKNPRTV-Y]{4}$/, example: 'D02 AF30', postalCodeOptional: true },
  IL: { postalCode: /^\d{5}(\d{2})?$/, example: '9614303', postalCodeOptional: true },
  IN: withRegion({ postalCode: /^[1-9]\d{2} ?\d{3}$/, example: '110034' }),
  IS: digits(3, '101'),
  IT: withRegion(digits(5, '00144')),
  JP: withRegion({ postalCode: /^\d{3}-?\d{4}$/, example: '154-0023' }),
  KR: withRegion(digits(5, '03051')),
  LT: { postalCode: /^(LT-)?\d{5}$/, example: '04340' },
  LU: { postalCode: /^(L-)?\d{4}$/, example: '4750' },
  LV: { postalCode: /^LV-\d{4}$/, example: 'LV-1073' },
  MA: { ...digits(5, '53000'), postalCodeOptional: true },
  MT: { postalCode: /^[A-Z]{3} ?\d{2,4}$/, example: 'NXR 01' },
  MX: withRegion(digits(5, '02860')),
  MY: withRegion(digits(5, '43000')),
  NL: { postalCode: /^[1-9]\d{3} ?(?!SA|SD|SS)[A-Z]{2}$/, example: '1234 AB' },
  NO: digits(4, '0025'),
  NZ: digits(4, '6001'),
  PH: withRegion({ ...digits(4, '1008'), postalCodeOptional: true }),
  PK: digits(5, '44000'),
  PL: { postalCode: /^\d{2}-\d{3}$/, example: '00-950' },
  PT: { postalCode: /^\d{4}-\d{3}$/, example: '2725-079' },
  RO: digits(6, '060274'),
  RS: { postalCode: /^\d{5,6}$/, example: '106314' },
  SA: { postalCode: /^\d{5}(-\d{4})?$/, example: '11564', postalCodeOptional: true },
  SE: { postalCode: /^\d{3} ?\d{2}$/, example: '114 55' },
  SG: digits(6, '546080'),
  SI: { postalCode: /^(SI-)?\d{4}$/, example: '1000' },
  SK: { postalCode: /^\d{3} ?\d{2}$/, example: '811 02' },
  TH: withRegion(digits(5, '10150')),
  TR: digits(5, '34000'),
  TW: withRegion({ postalCode: /^\d{3}(\d{2,3})?$/, example: '104' }),
  UA: digits(5, '01001'),
  US: withRegion({ postalCode: /^\d{5}(-\d{4})?$/, example: '95014' }),
  VN: { ...digits(5, '70010'), postalCodeOptional: true },
  ZA: digits(4, '0083'),
}

/** Of a country that is not in the table: street and city are asked for, and nothing else is refused. */
export const anyCountry: CountryRules = {}

export const rulesOf = (country: string): CountryRules =>
  Object.hasOwn(countries, country) ? (countries[country] as CountryRules) : anyCountry
