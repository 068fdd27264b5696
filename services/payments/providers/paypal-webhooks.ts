import { createVerify, X509Certificate } from 'node:crypto'
import { crc32 } from 'node:zlib'
import { type Static, Type } from 'typebox'
import { Compile } from 'typebox/compile'
import { ProviderUnavailable, type WebhookEvent, type WebhookHeaders, WebhookRefused } from '../provider.ts'
import { fetchLimited, lostAnswer } from './http.ts'
import { headerOf, readJson, toleranceMs } from './signatures.ts'

const Reference = Type.Optional(Type.String({ maxLength: 255 }))
const Event = Type.Object({
  id: Type.String({ minLength: 1, maxLength: 255 }),
  event_type: Type.String({ minLength: 1, maxLength: 255 }),
  create_time: Type.String({ maxLength: 100 }),
  resource: Type.Object({
    custom_id: Reference,
    purchase_units: Type.Optional(Type.Array(Type.Object({ custom_id: Reference }), { maxItems: 10 })),
  }),
})
const event = Compile(Event)

const dayMs = 86_400_000
const keptCertificates = 10

/**
 * PayPal signs `id|time|webhook id|crc32 of the body` with a key whose certificate it names in a header. Checked here
 * rather than by its verify call: that would have us ask PayPal once for every forged webhook. The CRC is weak, so that a
 * webhook seen by somebody could be bent to say something else: it is only ever a reason to look at the payment.
 */
export function createPayPalWebhooks(settings: {
  webhookIds: readonly string[]
  url: string | undefined
  timeoutMs: number
}) {
  const certificates = new Map<string, { certificate: X509Certificate; fetchedAtMs: number }>()

  async function certificateAt(address: string, nowMs: number): Promise<X509Certificate> {
    if (!isPayPals(address, settings.url)) throw new WebhookRefused('forged', 'its certificate is not with PayPal')
    const known = certificates.get(address)
    if (known !== undefined && nowMs - known.fetchedAtMs < dayMs) return known.certificate
    const limits = { timeoutMs: settings.timeoutMs, maxBytes: 65_536 }
    const answer = await fetchLimited(address, {}, limits).catch((error: unknown) => {
      throw lostAnswer('paypal', error, true)
    })
    if (answer.status === 404) throw new WebhookRefused('forged', 'PayPal has no such certificate')
    if (answer.status !== 200) throw new ProviderUnavailable(`paypal did not give its certificate (${answer.status})`)
    const certificate = certificateIn(answer.text)
    if (certificates.size >= keptCertificates) certificates.clear()
    certificates.set(address, { certificate, fetchedAtMs: nowMs })
    return certificate
  }

  return {
    async read(headers: WebhookHeaders, rawBody: Uint8Array, nowMs: number): Promise<WebhookEvent> {
      const id = headerOf(headers, 'paypal-transmission-id')
      const time = headerOf(headers, 'paypal-transmission-time')
      const signature = headerOf(headers, 'paypal-transmission-sig')
      const address = headerOf(headers, 'paypal-cert-url')
      if (headerOf(headers, 'paypal-auth-algo') !== 'SHA256withRSA')
        throw new WebhookRefused('forged', 'it was signed by another algorithm')
      const certificate = await certificateAt(address, nowMs)
      if (nowMs < Date.parse(certificate.validFrom) || nowMs > Date.parse(certificate.validTo))
        throw new WebhookRefused('forged', 'its certificate is not valid now')
      const sum = crc32(rawBody)
      const right = settings.webhookIds.some((webhookId) =>
        createVerify('RSA-SHA256')
          .update(`${id}|${time}|${webhookId}|${sum}`)
          .verify(certificate.publicKey, signature, 'base64'),
      )
      if (!right) throw new WebhookRefused('forged', 'the signature does not belong to this body and webhook')
      const sentAtMs = Date.parse(time)
      if (!(Math.abs(nowMs - sentAtMs) <= toleranceMs))
        throw new WebhookRefused('stale', 'it was sent more than 300 s ago, or in the future')
      return eventIn(readJson(rawBody))
    },
  }
}

/** Only PayPal's own hosts, or the one we were told to use in its stead. */
function isPayPals(address: string, ours: string | undefined): boolean {
  if (!URL.canParse(address)) return false
  const { protocol, hostname, origin, pathname, username, port } = new URL(address)
  if (!pathname.startsWith('/v1/notifications/certs/') || username !== '') return false
  if (ours !== undefined && origin === new URL(ours).origin) return true
  return protocol === 'https:' && port === '' && /(^|\.)paypal\.com$/.test(hostname)
}

function certificateIn(pem: string): X509Certificate {
  try {
    return new X509Certificate(pem)
  } catch {
    throw new ProviderUnavailable('paypal gave something that is no certificate')
  }
}

function eventIn(value: unknown): WebhookEvent {
  if (!event.Check(value)) throw new WebhookRefused('unreadable', 'it is no event of PayPal')
  const { id, event_type, create_time, resource }: Static<typeof Event> = value
  const occurredAtMs = Date.parse(create_time)
  if (Number.isNaN(occurredAtMs)) throw new WebhookRefused('unreadable', 'its time is no time')
  return {
    eventId: id,
    kind: event_type,
    ourReference: resource.custom_id ?? resource.purchase_units?.[0]?.custom_id,
    occurredAtMs,
  }
}
