/** Compared without case, hyphens and underscores: `x-api-key`, `apiKey` and `api_key` are the same name. */
// biome-ignore format: a list
const secretNames = new Set([
  'authorization', 'proxyauthorization', 'cookie', 'setcookie', 'password', 'passphrase', 'token', 'secret', 'apikey',
  'jwt', 'otp', 'pin', 'cvv', 'pan', 'cardnumber', 'iban', 'privatekey',
  'email', 'phone', 'phonenumber', 'mobile', 'name', 'firstname', 'lastname', 'fullname', 'givenname', 'familyname',
  'recipient', 'address', 'street', 'postcode', 'postalcode', 'city', 'birthdate', 'dateofbirth', 'ip', 'useragent',
])
const secretEndings = [
  'password',
  'token',
  'secret',
  'apikey',
  'email',
  'phone',
  'address',
  'customername',
  'signature',
]

/** Values that betray themselves whatever they are called: e-mail addresses, signed tokens, our API keys. */
const secretText = /[\w.+-]+@[\w-]+\.[\w.-]+|\beyJ[\w-]+\.[\w-]+\.[\w-]*|\bsouk_[\w-]{8,}|\b[Bb]earer\s+[\w.~+/=-]+/g

export const mask = '[redacted]'
const maxDepth = 8
const maxItems = 50
const maxText = 4_000

const isSecretName = (name: string): boolean => {
  const plain = name.toLowerCase().replace(/[-_]/g, '')
  return secretNames.has(plain) || secretEndings.some((ending) => plain.endsWith(ending))
}

const redactText = (text: string): string => {
  const short = text.length > maxText ? `${text.slice(0, maxText)}… (${text.length} characters)` : text
  return short.replace(secretText, mask)
}

function redactError(error: Error, depth: number, seen: object[]): object {
  const { code, cause } = error as Error & { code?: unknown }
  return {
    type: error.constructor.name,
    message: redactText(error.message),
    ...(code !== undefined && { code: redactValue(code, depth, seen) }),
    stack: redactText(error.stack ?? ''),
    ...(cause !== undefined && { cause: redactValue(cause, depth + 1, seen) }),
  }
}

function redactValue(value: unknown, depth: number, seen: object[]): unknown {
  if (typeof value === 'string') return redactText(value)
  if (typeof value === 'bigint') return value.toString()
  if (typeof value === 'function' || typeof value === 'symbol') return undefined
  if (typeof value !== 'object' || value === null) return value
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'invalid date' : value.toISOString()
  if (seen.includes(value)) return '[circular]'
  if (depth > maxDepth) return '[too deep]'
  const within = [...seen, value]
  if (value instanceof Error) return redactError(value, depth, within)
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`
  if (value instanceof Map) return redactFields(Object.fromEntries(value), depth, within)
  const items: readonly unknown[] | undefined = Array.isArray(value)
    ? value
    : value instanceof Set
      ? [...value]
      : undefined
  if (items === undefined) return redactFields(value, depth, within)
  const shown = items.slice(0, maxItems).map((item) => redactValue(item, depth + 1, within))
  return items.length > maxItems ? [...shown, `… ${items.length - maxItems} more`] : shown
}

function redactFields(fields: object, depth: number, seen: object[]): Record<string, unknown> {
  const safe: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(fields))
    safe[name] =
      value !== undefined && value !== null && isSecretName(name) ? mask : redactValue(value, depth + 1, seen)
  return safe
}

/**
 * A copy fit for a log: what is called like a secret or like personal data is masked at any depth, so are e-mail
 * addresses and tokens inside texts; long, deep, circular and binary values are cut short. Errors keep type, message,
 * code, stack and cause.
 */
export const redact = (fields: object): Record<string, unknown> =>
  fields instanceof Error ? { error: redactError(fields, 0, [fields]) } : redactFields(fields, 0, [fields])
