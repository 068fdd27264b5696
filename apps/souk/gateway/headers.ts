import { randomBytes } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import { clientAddressHeader, forwarderHeader } from '@souk/http'

/** About one connection, not about the request (RFC 9110, 7.6.1), and what would say twice how a body ends. */
const hopByHop = [
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'expect',
  'http2-settings',
]

/** What only whoever stands in front of the upstreams may say: sent by a client it is left out. */
const ours = [
  'forwarded',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-proto',
  'x-forwarded-port',
  'x-real-ip',
  'via',
  forwarderHeader,
  clientAddressHeader,
]

export type Forwarding = {
  headers: IncomingHttpHeaders
  /** Of whoever asks, as far as it can be believed; empty: nobody in particular. */
  address: string
  /** 32 hexadecimal digits: the trace, and the name of the request in everybody's logs. */
  correlationId: string
  /** Shows the upstream that the address can be believed. */
  secret: string
  hasBody: boolean
}

export function headersToUpstream({
  headers: given,
  address,
  correlationId,
  secret,
  hasBody,
}: Forwarding): IncomingHttpHeaders {
  const headers = { ...given }
  // reply-from has already left out Connection and whatever it names.
  for (const name of [...hopByHop, ...ours]) delete headers[name]
  if (!hasBody) {
    delete headers['content-length']
    delete headers['content-type']
  }
  const flags = typeof given.traceparent === 'string' ? given.traceparent.slice(53, 55) || '01' : '01'
  return {
    ...headers,
    via: '1.1 souk',
    traceparent: `00-${correlationId}-${randomBytes(8).toString('hex')}-${flags}`,
    [forwarderHeader]: secret,
    ...(address !== '' && { [clientAddressHeader]: address }),
  }
}

export function headersToClient(given: IncomingHttpHeaders): IncomingHttpHeaders {
  const headers = { ...given }
  const named = String(headers.connection ?? '')
    .split(',')
    .map((name) => name.trim().toLowerCase())
  for (const name of [...hopByHop, ...named]) delete headers[name]
  return headers
}
