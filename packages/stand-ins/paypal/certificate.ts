import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto'

// Node reads certificates but makes none: the little of DER (ITU-T X.690) that one signed by itself needs.
const der = (tag: number, ...parts: Buffer[]): Buffer => {
  const body = Buffer.concat(parts)
  const length =
    body.length < 128
      ? Buffer.from([body.length])
      : body.length < 256
        ? Buffer.from([0x81, body.length])
        : Buffer.from([0x82, body.length >> 8, body.length & 255])
  return Buffer.concat([Buffer.from([tag]), length, body])
}
const sequence = (...parts: Buffer[]) => der(0x30, ...parts)
const objectId = (hex: string) => der(0x06, Buffer.from(hex, 'hex'))
const integer = (value: number) => der(0x02, Buffer.from([value]))
const time = (ms: number) =>
  der(0x17, Buffer.from(`${new Date(ms).toISOString().replaceAll(/[-:T]/g, '').slice(2, 14)}Z`))

const sha256WithRsa = sequence(objectId('2a864886f70d01010b'), der(0x05))
const nameOf = (text: string) => sequence(der(0x31, sequence(objectId('550403'), der(0x0c, Buffer.from(text)))))

/** A key and a certificate for it, signed by itself. */
export function makeCertificate(options: { fromMs: number; toMs: number }): { key: KeyObject; pem: string } {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 })
  const name = nameOf('messageverificationcerts.paypal.com')
  const body = sequence(
    der(0xa0, integer(2)),
    integer(1),
    sha256WithRsa,
    name,
    sequence(time(options.fromMs), time(options.toMs)),
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
  )
  const signature = der(0x03, Buffer.from([0]), sign('RSA-SHA256', body, privateKey))
  const text =
    sequence(body, sha256WithRsa, signature)
      .toString('base64')
      .match(/.{1,64}/g) ?? []
  return { key: privateKey, pem: ['-----BEGIN CERTIFICATE-----', ...text, '-----END CERTIFICATE-----', ''].join('\n') }
}
