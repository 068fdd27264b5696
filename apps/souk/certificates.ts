import './reflect-metadata.ts'
import { webcrypto } from 'node:crypto'
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import {
  BasicConstraintsExtension,
  cryptoProvider,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  PemConverter,
  SubjectAlternativeNameExtension,
  X509Certificate,
  X509CertificateGenerator,
} from '@peculiar/x509'
import { authorityName, certificateFile, keyFile, serverNameOf, uriOf } from '@souk/rpc/network'

cryptoProvider.set(webcrypto as never)

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
const dayMs = 86_400_000
/** Clocks of two machines differ; a certificate just made must be valid on both. */
const backdatedMs = 5 * 60_000

type Pair = { certificate: X509Certificate; key: CryptoKey }
type CryptoKey = webcrypto.CryptoKey

export type Issued = { name: string; made: boolean; expiresAt: string }

export type IssueOptions = {
  folder: string
  names: readonly string[]
  now: Date
  /** Of the services' certificates. The authority's holds for a year. */
  hours: number
  /** Make all of them anew, also those that are still good. */
  rotate?: boolean
  /** Begin with a new authority; the one before is believed until the next time this is done. */
  newAuthority?: boolean
}

/**
 * A development authority in a folder, and a certificate of it for each name. Those with more than a third of their time
 * left stay as they are. The key of the authority lies beside them: whoever reads the folder can be any service, so in
 * production certificates come from elsewhere, under the same file names.
 */
export async function issueCertificates(options: IssueOptions): Promise<Issued[]> {
  const { folder, names, now, hours } = options
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const authority = await openAuthority(folder, now, options.newAuthority ?? false)
  const issued: Issued[] = []
  for (const name of names) {
    const known = await readPem(certificateFile(folder, name))
    const leftMs = known === undefined ? 0 : known.notAfter.getTime() - now.getTime()
    const isOurs = known !== undefined && (await known.verify({ publicKey: authority.certificate, date: now }))
    if (known !== undefined && isOurs && !options.rotate && leftMs > (hours * 3_600_000) / 3) {
      issued.push({ name, made: false, expiresAt: known.notAfter.toISOString() })
      continue
    }
    const { certificate, key } = await issue(authority, name, now, hours)
    // The key first: for the moment between, the readers see a pair that does not fit and keep the one they have.
    await writeWhole(keyFile(folder, name), await keyPem(key), 0o600)
    await writeWhole(certificateFile(folder, name), `${certificate.toString('pem')}\n`, 0o644)
    issued.push({ name, made: true, expiresAt: certificate.notAfter.toISOString() })
  }
  return issued
}

async function openAuthority(folder: string, now: Date, renew: boolean): Promise<Pair> {
  const [certificateText, keyText] = await Promise.all([
    readText(certificateFile(folder, authorityName)),
    readText(keyFile(folder, authorityName)),
  ])
  const known = await readPem(certificateFile(folder, authorityName))
  if (!renew && known !== undefined && keyText !== undefined && known.notAfter.getTime() > now.getTime() + 30 * dayMs)
    return { certificate: known, key: await importKey(keyText) }
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
  const certificate = await X509CertificateGenerator.createSelfSigned({
    serialNumber: serialNumber(),
    // Two of one name in a bundle could not be told apart by who looks for the issuer.
    name: `CN=Souk development authority ${serialNumber().slice(0, 8)}`,
    notBefore: new Date(now.getTime() - backdatedMs),
    notAfter: new Date(now.getTime() + 365 * dayMs),
    signingAlgorithm: algorithm,
    keys: keys as never,
    extensions: [
      new BasicConstraintsExtension(true, 0, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
    ],
  })
  const [before = ''] = certificateText?.match(/-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/) ?? []
  await writeWhole(keyFile(folder, authorityName), await keyPem(keys.privateKey), 0o600)
  await writeWhole(certificateFile(folder, authorityName), `${certificate.toString('pem')}\n${before}\n`, 0o644)
  return { certificate, key: keys.privateKey }
}

async function issue(authority: Pair, name: string, now: Date, hours: number): Promise<Pair> {
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
  const certificate = await X509CertificateGenerator.create({
    serialNumber: serialNumber(),
    subject: `CN=${name}`,
    issuer: authority.certificate.subject,
    notBefore: new Date(now.getTime() - backdatedMs),
    notAfter: new Date(now.getTime() + hours * 3_600_000),
    signingAlgorithm: algorithm,
    publicKey: keys.publicKey as never,
    signingKey: authority.key as never,
    extensions: [
      new BasicConstraintsExtension(false, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
      new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth, ExtendedKeyUsage.clientAuth]),
      new SubjectAlternativeNameExtension([
        { type: 'url', value: uriOf(name) },
        { type: 'dns', value: serverNameOf(name) },
      ]),
    ],
  })
  return { certificate, key: keys.privateKey }
}

const serialNumber = () => Buffer.from(webcrypto.getRandomValues(new Uint8Array(16))).toString('hex')

const keyPem = async (key: CryptoKey) =>
  `${PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', key), PemConverter.PrivateKeyTag)}\n`

const importKey = (pem: string): Promise<CryptoKey> =>
  webcrypto.subtle.importKey('pkcs8', PemConverter.decodeFirst(pem), algorithm, true, ['sign'])

async function readText(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

async function readPem(file: string): Promise<X509Certificate | undefined> {
  const text = await readText(file)
  return text === undefined ? undefined : new X509Certificate(PemConverter.decodeFirst(text))
}

async function writeWhole(file: string, text: string, mode: number): Promise<void> {
  const draft = `${file}.${process.pid}`
  await writeFile(draft, text, { mode })
  await rename(draft, file)
}
