/**
 * Writes protobuf from the last byte to the first, so that the length of what is nested is known when it is needed, and
 * nothing is measured or copied twice. One per process: encoding is synchronous.
 */
let bytes = Buffer.allocUnsafe(64 * 1024)
let at = bytes.length

/** Start a new message. Room grown for a huge one is given back. */
export function begin(): void {
  if (bytes.length > 4 * 1024 * 1024) bytes = Buffer.allocUnsafe(64 * 1024)
  at = bytes.length
}

/** A copy of what was written since `begin`. */
export const finish = (): Buffer => Buffer.from(bytes.subarray(at))

/** Bytes written so far: the difference of two marks is a length. */
export const mark = (): number => bytes.length - at

function room(size: number): void {
  if (at >= size) return
  const written = bytes.length - at
  const larger = Buffer.allocUnsafe(Math.max(bytes.length * 2, written + size))
  bytes.copy(larger, larger.length - written, at)
  at = larger.length - written
  bytes = larger
}

/** @param value 0 to 2^53 - 1. */
export function varint(value: number): void {
  if (value < 0x80) {
    room(1)
    at -= 1
    bytes[at] = value
    return
  }
  room(10)
  let size = 1
  for (let rest = value; rest >= 0x80; rest = Math.floor(rest / 128)) size += 1
  at -= size
  let to = at
  let rest = value
  while (rest > 0x7fffffff) {
    bytes[to++] = (rest % 128) | 0x80
    rest = Math.floor(rest / 128)
  }
  while (rest >= 0x80) {
    bytes[to++] = (rest & 0x7f) | 0x80
    rest >>>= 7
  }
  bytes[to] = rest
}

/** Negative numbers and those beyond 2^53. */
export function bigVarint(value: bigint): void {
  let rest = BigInt.asUintN(64, value)
  const groups: number[] = []
  for (; rest >= 0x80n; rest >>= 7n) groups.push(Number(rest & 0x7fn) | 0x80)
  groups.push(Number(rest))
  room(groups.length)
  at -= groups.length
  for (const [index, group] of groups.entries()) bytes[at + index] = group
}

/** The text's bytes with their length before them. */
export function text(value: string): void {
  const length = value.length
  // Ids and codes are short and ASCII: copying them here is quicker than a call into the runtime.
  if (length <= 64) {
    room(length + 10)
    const from = at - length
    let index = 0
    for (; index < length; index += 1) {
      const code = value.charCodeAt(index)
      if (code > 0x7f) break
      bytes[from + index] = code
    }
    if (index === length) {
      at = from
      varint(length)
      return
    }
  }
  const size = Buffer.byteLength(value)
  room(size + 10)
  at -= size
  bytes.write(value, at, 'utf8')
  varint(size)
}

export function blob(value: Uint8Array): void {
  room(value.length + 10)
  at -= value.length
  bytes.set(value, at)
  varint(value.length)
}
