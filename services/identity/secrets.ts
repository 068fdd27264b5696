import { createCipheriv, createDecipheriv, createHash, createHmac, hkdfSync, randomBytes } from 'node:crypto'

/** Keys for single uses, derived from the one secret, so that none can be mistaken for another. */
export type Secrets = {
  readonly sealing: Buffer
  readonly refresh: Buffer
  readonly trail: Buffer
  readonly subjects: Buffer
}

export function deriveSecrets(secret: string): Secrets {
  const derive = (use: string) => Buffer.from(hkdfSync('sha256', secret, '', `souk identity ${use}`, 32))
  return {
    sealing: derive('signing keys'),
    refresh: derive('refresh tokens'),
    trail: derive('trail'),
    subjects: derive('sign-in subjects'),
  }
}

export const sha256 = (data: string | Buffer): Buffer => createHash('sha256').update(data).digest()
export const hmac = (key: Buffer, data: string | Buffer): Buffer => createHmac('sha256', key).update(data).digest()
/** 256 random bits. */
export const randomSecret = (): string => randomBytes(32).toString('base64url')

/** AES-256-GCM as nonce (12 bytes), tag (16 bytes), ciphertext. `label` is bound in: a sealed value moved elsewhere fails. */
export function seal(key: Buffer, plain: Buffer, label: string): Buffer {
  const nonce = randomBytes(12)
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(label))
  const sealed = Buffer.concat([cipher.update(plain), cipher.final()])
  return Buffer.concat([nonce, cipher.getAuthTag(), sealed])
}

/** @throws when the key, the label or a single bit is another. */
export function unseal(key: Buffer, sealed: Buffer, label: string): Buffer {
  const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, 12), { authTagLength: 16 })
    .setAAD(Buffer.from(label))
    .setAuthTag(sealed.subarray(12, 28))
  return Buffer.concat([decipher.update(sealed.subarray(28)), decipher.final()])
}
