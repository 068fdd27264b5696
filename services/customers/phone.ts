import { type CountryCode, isSupportedCountry, parsePhoneNumberFromString } from 'libphonenumber-js'

/**
 * A phone number in E.164: "+4930901820".
 * @param country whose numbers may be written without the country. Without one only "+49 …" is understood.
 * @returns undefined for what is no number
 */
export function phoneOf(text: string, country?: string): string | undefined {
  const from = country !== undefined && isSupportedCountry(country) ? (country as CountryCode) : undefined
  const parsed = parsePhoneNumberFromString(text, from)
  return parsed?.isPossible() === true ? parsed.number : undefined
}
