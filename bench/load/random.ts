/** A seeded stream of numbers in [0, 1). Not for secrets. */
export type Random = () => number

/** sfc32: fast, and passes the usual statistical batteries, which Math.random cannot be seeded to do. */
export function seededRandom(seed: number): Random {
  let a = 0x9e3779b9 ^ seed
  let b = 0x243f6a88
  let c = 0xb7e15162
  let counter = 1
  const next = () => {
    const sum = (((a + b) | 0) + counter) | 0
    counter = (counter + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = (c << 21) | (c >>> 11)
    c = (c + sum) | 0
    return (sum >>> 0) / 4294967296
  }
  // Neighbouring seeds begin alike; after a dozen rounds they no longer do.
  for (let round = 0; round < 12; round++) next()
  return next
}

/** Fisher–Yates over 0…length-1. */
export function shuffledIndexes(length: number, random: Random): Uint32Array {
  const indexes = Uint32Array.from({ length }, (_, index) => index)
  for (let last = length - 1; last > 0; last--) {
    const other = Math.floor(random() * (last + 1))
    const kept = indexes[last] ?? 0
    indexes[last] = indexes[other] ?? 0
    indexes[other] = kept
  }
  return indexes
}

/** Milliseconds to the next arrival of a Poisson process. */
export const exponentialMs = (ratePerSecond: number, random: Random) => (-Math.log(1 - random()) * 1000) / ratePerSecond

const mix = (value: number) => {
  let mixed = value | 0
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x21f0aaad)
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97)
  return (mixed ^ (mixed >>> 15)) >>> 0
}

/** 32-bit FNV-1a. */
export function hashText(text: string): number {
  let hash = 0x811c9dc5
  for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193)
  return hash >>> 0
}

const hexPairs = Array.from({ length: 65536 }, (_, value) => value.toString(16).padStart(4, '0'))
const hex = (value: number) => hexPairs[value & 0xffff] ?? ''

/**
 * The idempotency key of request `sequence`: a UUID that follows from seed, salt and sequence, so no key has to be
 * stored to be known again. Within one (seed, salt) two sequences never share a key: the mixing is a bijection.
 */
export function keySource(seed: number, salt: string): (sequence: number) => string {
  const first = mix(seed ^ hashText(salt))
  const second = mix(first + 0x6d2b79f5)
  const third = mix(second ^ hashText(`${salt}#${seed}`))
  const fourth = mix(third + 0x85ebca6b)
  return (sequence) => {
    const a = mix(sequence ^ first)
    const b = mix(sequence ^ second)
    const c = mix(sequence + third)
    const d = mix(sequence + fourth)
    const version = 0x4000 | (b & 0x0fff)
    const variant = 0x8000 | (c & 0x3fff)
    return `${hex(a >>> 16)}${hex(a)}-${hex(b >>> 16)}-${hex(version)}-${hex(variant)}-${hex(c >>> 16)}${hex(d >>> 16)}${hex(d)}`
  }
}
