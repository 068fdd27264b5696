/** An event's content as JSON text. 64-bit numbers are written as numbers where that loses nothing. */
export const payloadJson = (payload: unknown): string =>
  JSON.stringify(payload, (name, value: unknown) => {
    if (name.startsWith('$')) return undefined
    if (typeof value !== 'bigint') return value
    return Number.isSafeInteger(Number(value)) ? Number(value) : String(value)
  })
