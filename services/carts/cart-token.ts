import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'

/** 256 random bits: whoever has it has the cart. Only its hash is kept. */
export const newCartToken = (): string => randomBytes(32).toString('base64url')

/** A plain hash will do: what has 256 random bits cannot be guessed from it. */
export const hashOfToken = (token: string): Buffer => createHash('sha256').update(token).digest()

export const isTokenOf = (hash: Buffer, token: string): boolean => timingSafeEqual(hash, hashOfToken(token))
