/** The part of a batch that goes to one partition. `key` is undefined when its events have several. */
export type BatchPart = { bytes: Buffer; eventCount: number; kinds: string[]; key: string | undefined }

/**
 * Divide a batch (souk.events.EventBatch) by the keys of its events, without decoding them: the parts hold the same bytes,
 * in the same order, and put together again they are the batch.
 * @param partitionOf of a key's bytes; the same key must always get the same answer.
 * @throws RangeError when the bytes are not a batch.
 */
export function splitBatch(batch: Buffer, partitionOf: (key: Buffer) => number): Map<number, BatchPart> {
  const slices = new Map<number, { slices: Buffer[]; kinds: Set<string>; firstKey: Buffer; sameKey: boolean }>()
  for (let at = 0; at < batch.length; ) {
    const start = at
    const [tag, bodyAt] = varint(batch, at)
    const [length, eventAt] = varint(batch, bodyAt)
    const end = eventAt + length
    if (tag !== eventTag || end > batch.length) throw new RangeError('not a batch of events')
    const { key, type } = headOf(batch.subarray(eventAt, end))
    const partition = partitionOf(key)
    const part = slices.get(partition)
    if (part === undefined)
      slices.set(partition, {
        slices: [batch.subarray(start, end)],
        kinds: new Set([type]),
        firstKey: key,
        sameKey: true,
      })
    else {
      part.slices.push(batch.subarray(start, end))
      part.kinds.add(type)
      part.sameKey &&= part.firstKey.equals(key)
    }
    at = end
  }
  return new Map(
    [...slices].map(([partition, { slices, kinds, firstKey, sameKey }]) => [
      partition,
      {
        bytes: slices.length === 1 ? (slices[0] as Buffer) : Buffer.concat(slices),
        eventCount: slices.length,
        kinds: [...kinds],
        key: sameKey ? firstKey.toString('utf8') : undefined,
      },
    ]),
  )
}

// Field numbers of contracts/proto/souk/events.proto; both are length-delimited (wire type 2).
const eventTag = (1 << 3) | 2
const typeTag = (2 << 3) | 2
const keyTag = (4 << 3) | 2

/** Type and key of an envelope; the payload is stepped over. */
function headOf(envelope: Buffer): { key: Buffer; type: string } {
  let key: Buffer = nothing
  let type = ''
  for (let at = 0; at < envelope.length; ) {
    const [tag, next] = varint(envelope, at)
    const wire = tag & 7
    at = next
    if (wire === 2) {
      const [length, valueAt] = varint(envelope, at)
      at = valueAt + length
      if (at > envelope.length) throw new RangeError('an event is cut off')
      if (tag === keyTag) key = envelope.subarray(valueAt, at)
      else if (tag === typeTag) type = nameOf(envelope.subarray(valueAt, at))
    } else if (wire === 0) [, at] = varint(envelope, at)
    else if (wire === 1) at += 8
    else if (wire === 5) at += 4
    else throw new RangeError('not an event')
  }
  return { key, type }
}

const nothing: Buffer = Buffer.alloc(0)

/** Types are few and come a thousand times a second each: the string is made once. */
const names = new Map<string, string>()
function nameOf(bytes: Buffer): string {
  const text = bytes.toString('latin1')
  const known = names.get(text)
  if (known !== undefined) return known
  const name = bytes.toString('utf8')
  if (names.size < 1_000) names.set(text, name)
  return name
}

/** Value and the place behind it. Above 2^31 nothing we look at can be right; such numbers are only stepped over. */
function varint(bytes: Buffer, from: number): [value: number, next: number] {
  let value = 0
  for (let at = from, shift = 0; at < bytes.length && shift < 70; at += 1, shift += 7) {
    const byte = bytes[at] as number
    if (shift < 28) value |= (byte & 0x7f) << shift
    else if (shift === 28) value += (byte & 0x7) * 2 ** 28
    if (byte < 0x80) return [value, at + 1]
  }
  throw new RangeError('a number is cut off')
}
