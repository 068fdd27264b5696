import { createHmac, timingSafeEqual } from 'node:crypto'

/** Signed, dated permissions to do one thing with one file, for where files lie in a folder of ours. */
export type Links = {
  sign(what: 'upload' | 'download', subject: string, until: Date): string
  /** @returns whether this signature was made for it and is not past. */
  holds(what: 'upload' | 'download', subject: string, expires: number, signature: string, now: Date): boolean
}

export function createLinks(key: Buffer): Links {
  const signatureOf = (what: string, subject: string, seconds: number) =>
    createHmac('sha256', key).update(`${what}\n${subject}\n${seconds}`).digest('base64url')
  return {
    sign(what, subject, until) {
      const seconds = Math.floor(until.getTime() / 1_000)
      return `expires=${seconds}&signature=${signatureOf(what, subject, seconds)}`
    },
    holds(what, subject, expires, signature, now) {
      const [given, right] = [Buffer.from(signature), Buffer.from(signatureOf(what, subject, expires))]
      return given.length === right.length && timingSafeEqual(given, right) && now.getTime() < expires * 1_000
    },
  }
}
