/**
 * An event's content as JSON text, to be shown. 64-bit numbers are written as numbers where that loses nothing; what a
 * payment provider would take money for is not shown.
 */
export const payloadJson = (payload: unknown): string =>
  JSON.stringify(payload, (name, value: unknown) => {
    if (name.startsWith('$')) return undefined
    if (name === 'paymentToken' && value !== '') return '(hidden)'
    if (typeof value !== 'bigint') return value
    return Number.isSafeInteger(Number(value)) ? Number(value) : String(value)
  })
