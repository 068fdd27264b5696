import { createHmac } from 'node:crypto'

/** A secret for one purpose, from the marketplace's own: whoever holds it can find out neither that nor another one. */
export const derivedSecret = (secret: string, purpose: string): string =>
  createHmac('sha256', secret).update(`souk ${purpose}`).digest('base64url')
