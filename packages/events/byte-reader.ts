/** A place in bytes being read. One per message decoded; nested messages share it and move `end`. */
export type Reader = { readonly bytes: Buffer; at: number; end: number }

const truncated = () => new RangeError('the message ends before its last field does')
// A byte order mark is a sign like any other: a text is what was written.
const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

export const readerOf = (bytes: Uint8Array): Reader => ({
  bytes: Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength),
  at: 0,
  end: bytes.length,
})

/** A tag, length or 32-bit number: the low 32 bits, as unsigned. */
export function varint32(reader: Reader): number {
  const { bytes, end } = reader
  let byte = reader.at < end ? (bytes[reader.at++] as number) : -1
  if (byte < 0) throw truncated()
  if (byte < 0x80) return byte
  let value = byte & 0x7f
  for (let shift = 7; shift < 70; shift += 7) {
    if (reader.at >= end) throw truncated()
    byte = bytes[reader.at++] as number
    if (shift < 35) value |= (byte & 0x7f) << shift
    if (byte < 0x80) return value >>> 0
  }
  throw new RangeError('a number is longer than 64 bits')
}

/** A 64-bit number, as its unsigned bits. Times and amounts fit 49 bits, which need no big arithmetic on the way. */
export function varint64(reader: Reader): bigint {
  const { bytes, end } = reader
  const from = reader.at
  let value = 0
  let factor = 1
  for (let count = 0; count < 7; count += 1) {
    if (reader.at >= end) throw truncated()
    const byte = bytes[reader.at++] as number
    value += (byte & 0x7f) * factor
    if (byte < 0x80) return BigInt(value)
    factor *= 128
  }
  reader.at = from
  let big = 0n
  for (let shift = 0n; shift < 70n; shift += 7n) {
    if (reader.at >= end) throw truncated()
    const byte = bytes[reader.at++] as number
    big |= BigInt(byte & 0x7f) << shift
    if (byte < 0x80) return big
  }
  throw new RangeError('a number is longer than 64 bits')
}

/** Where the field of that length ends; the reader stands at its beginning. */
export function lengthDelimited(reader: Reader): number {
  const length = varint32(reader)
  const end = reader.at + length
  if (end > reader.end) throw truncated()
  return end
}

/** @throws TypeError when it is not UTF-8. */
export function text(reader: Reader): string {
  const end = lengthDelimited(reader)
  const { bytes, at } = reader
  reader.at = end
  for (let index = at; index < end; index += 1)
    if ((bytes[index] as number) > 0x7f) return strict.decode(bytes.subarray(at, end))
  return bytes.toString('latin1', at, end)
}

/**
 * The same, where it is likely to be what it was before, as the shop and the goods are in orders of a sale: then nothing is
 * made, and what is made of it need not be cleared away. Comparing takes a third of the time of making one.
 */
export function textLike(reader: Reader, likely: string): string {
  const { bytes, at } = reader
  const { length } = likely
  const end = lengthDelimited(reader)
  const from = reader.at
  if (end - from === length) {
    let index = 0
    // A byte above 0x7f is a part of a character, never one: only what is ASCII can be known again so.
    for (; index < length; index += 1) {
      const byte = bytes[from + index] as number
      if (byte > 0x7f || byte !== likely.charCodeAt(index)) break
    }
    if (index === length) {
      reader.at = end
      return likely
    }
  }
  reader.at = at
  return text(reader)
}

/** A view, not a copy. */
export function blob(reader: Reader): Buffer {
  const end = lengthDelimited(reader)
  const value = reader.bytes.subarray(reader.at, end)
  reader.at = end
  return value
}

/** Step over a field nobody here knows: written by a newer release. */
export function skip(reader: Reader, wireType: number): void {
  if (wireType === 0) varint64(reader)
  else if (wireType === 1) reader.at += 8
  else if (wireType === 2) reader.at = lengthDelimited(reader)
  else if (wireType === 5) reader.at += 4
  else throw new RangeError(`wire type ${wireType} is not one of protobuf's`)
  if (reader.at > reader.end) throw truncated()
}
