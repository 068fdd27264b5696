import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'

/** Sent by a server of ours that asks for others: a storefront, a gateway. Proves that it is one. */
export const forwarderHeader = 'x-souk-forwarder'
/** The address of whoever it asks for. Left out: it asks for everybody, for what it keeps and shows to many. */
export const clientAddressHeader = 'x-souk-client-address'

/** Not an address: no quota of addresses counts it. */
export const everybody = ''

/**
 * Reads the true address of a request. Unlike `trustProxy` it costs nothing where nobody forwards: the short ways of hot
 * routes stay open, and being near is not enough to be believed.
 */
export function forwardedAddress(secret: string | undefined): (headers: IncomingHttpHeaders) => string | undefined {
  if (secret === undefined) return () => undefined
  const digest = (text: string) => createHash('sha256').update(text).digest()
  const expected = digest(secret)
  let known: string | undefined
  return (headers) => {
    const given = headers[forwarderHeader]
    if (typeof given !== 'string') return undefined
    if (given !== known) {
      if (!timingSafeEqual(digest(given), expected)) return undefined
      known = given
    }
    const address = headers[clientAddressHeader]
    return typeof address === 'string' && address.length <= 45 ? address : everybody
  }
}
