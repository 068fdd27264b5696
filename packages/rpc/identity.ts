import { createPrivateKey, X509Certificate } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Logger } from '@souk/telemetry'

/** What a service shows and whom it believes, as PEM. */
export type Credentials = {
  readonly certificate: string
  readonly key: string
  /** Certificates of the authorities; several while one is replaced by another. */
  readonly authorities: string
  readonly expiresAtMs: number
}

export type Identities = {
  /** Of a service of this process. @throws RangeError when it has none here */
  of(service: string): Credentials
  /** Told when files were replaced; from then on `of` gives the new ones. */
  onChange(listener: () => void): void
  /** Seconds until the first of them expires. */
  secondsLeft(): number
  close(): void
}

const trustDomain = 'spiffe://souk/'
const nameOfService = /^[a-z][a-z0-9-]{0,62}$/

/** The name a certificate is looked up by when a connection is made. Not resolved anywhere. */
export const serverNameOf = (service: string): string => `${service}.souk`
export const uriOf = (service: string): string => trustDomain + service
export const certificateFile = (folder: string, name: string): string => join(folder, `${name}.pem`)
export const keyFile = (folder: string, name: string): string => join(folder, `${name}.key.pem`)
export const authorityName = 'authority'

/**
 * The service a certificate speaks for: exactly one URI of ours among its names, or nobody. That it was issued by our
 * authority and is valid now is the business of TLS, which has checked it before.
 */
export function serviceOfCertificate(certificate: Pick<X509Certificate, 'subjectAltName'>): string | undefined {
  const uris = (certificate.subjectAltName ?? '')
    .split(', ')
    .filter((name) => name.startsWith('URI:'))
    .map((name) => name.slice('URI:'.length))
  const [uri] = uris
  if (uris.length !== 1 || uri === undefined || !uri.startsWith(trustDomain)) return undefined
  const service = uri.slice(trustDomain.length)
  return nameOfService.test(service) ? service : undefined
}

/**
 * Certificates of these services from a folder (`orders.pem`, `orders.key.pem`, `authority.pem`), read again when the
 * files change. A pair that does not fit together, or is not valid, is not taken: a half-written file does no harm.
 * Looked at every two seconds rather than watched, because mounted secrets are swapped in ways that watchers miss.
 * @throws Error naming every certificate that is missing or will not do
 */
export function openIdentities(options: {
  folder: string
  services: readonly string[]
  log: Logger
  clock: () => Date
  lookEveryMs?: number
}): Identities {
  const { folder, services, log, clock } = options
  const listeners: (() => void)[] = []
  const files = [
    certificateFile(folder, authorityName),
    ...services.flatMap((service) => [certificateFile(folder, service), keyFile(folder, service)]),
  ]
  const state = () =>
    files
      .map((file) => {
        const { mtimeMs, size, ino } = statSync(file)
        return `${mtimeMs} ${size} ${ino}`
      })
      .join()
  const readAll = () => {
    const faults: string[] = []
    const read = new Map<string, Credentials>()
    for (const service of services)
      try {
        read.set(service, readCredentials(folder, service, clock()))
      } catch (error) {
        faults.push(`${service}: ${(error as Error).message}`)
      }
    if (faults.length > 0)
      throw new Error(
        `The certificates in ${folder} will not do. Make them with \`souk certificates\`.\n  ${faults.join('\n  ')}`,
      )
    return read
  }

  let known = readAll()
  let seen = state()
  const look = () => {
    try {
      const now = state()
      if (now === seen) return
      known = readAll()
      seen = now
      log.info({ services, folder }, 'new certificates are in use')
    } catch (error) {
      log.warn({ err: error, folder }, 'certificates changed to what will not do; those before stay in use')
      return
    }
    for (const listener of listeners) listener()
  }
  const timer = setInterval(look, options.lookEveryMs ?? 2_000)
  timer.unref()
  return {
    of(service) {
      const found = known.get(service)
      if (found === undefined) throw new RangeError(`there is no certificate of ${service} in this process`)
      return found
    },
    onChange: (listener) => void listeners.push(listener),
    secondsLeft: () =>
      Math.floor((Math.min(...[...known.values()].map((one) => one.expiresAtMs)) - clock().getTime()) / 1_000),
    close: () => clearInterval(timer),
  }
}

function readCredentials(folder: string, service: string, now: Date): Credentials {
  const [certificate, key, authorities] = [
    certificateFile(folder, service),
    keyFile(folder, service),
    certificateFile(folder, authorityName),
  ].map((file) => readFileSync(file, 'utf8')) as [string, string, string]
  const parsed = new X509Certificate(certificate)
  if (serviceOfCertificate(parsed) !== service) throw new Error(`its certificate does not name ${uriOf(service)}`)
  const expiresAtMs = parsed.validToDate.getTime()
  if (expiresAtMs <= now.getTime()) throw new Error(`its certificate expired at ${parsed.validToDate.toISOString()}`)
  if (!parsed.checkPrivateKey(createPrivateKey(key))) throw new Error('its key is that of another certificate')
  const issuers = splitPem(authorities).map((pem) => new X509Certificate(pem))
  if (!issuers.some((issuer) => parsed.checkIssued(issuer) && parsed.verify(issuer.publicKey)))
    throw new Error(`its certificate is by none of the authorities in ${authorityName}.pem`)
  return { certificate, key, authorities, expiresAtMs }
}

const splitPem = (text: string): string[] =>
  text.match(/-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g) ?? []
