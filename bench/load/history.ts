import { createReadStream, createWriteStream } from 'node:fs'
import { once } from 'node:events'
import { keySource } from './random.ts'
import type { HistoryEntry, Outcome } from './types.ts'

// A header line of JSON, then records. Fixed 44 bytes for a request (a line of JSON would be about 250, and several
// times the work); the key follows from the header's seed and the sequence. Codes are written once and then numbered.
const format = 'souk-history-1'
const entryKind = 1
const codeKind = 2
const entryBytes = 44
const chunkBytes = 256 * 1024
const outcomes: Outcome[] = ['accepted', 'refused', 'shed', 'indeterminate']
const repeatFlag = 0x10
const orderIdFlag = 0x20

/** What the generator hands over; the key is left out because the reader derives it. */
export type HistoryRecord = Omit<HistoryEntry, 'idempotencyKey' | 'sentAt'> & { sentAtEpochMs: number }

export type HistoryWriter = {
  append(record: HistoryRecord): void
  /** Hands what is buffered to the operating system, so that a crash loses at most what came since. */
  flush(): void
  close(): Promise<void>
}

/** Creates or replaces `file`. Rejects when it cannot be opened. */
export async function openHistory(file: string, run: { seed: number; keySalt: string }): Promise<HistoryWriter> {
  const stream = createWriteStream(file)
  await once(stream, 'open')
  stream.write(`${JSON.stringify({ format, ...run })}\n`)
  const codes = new Map<string, number>()
  let chunk = Buffer.allocUnsafe(chunkBytes)
  let used = 0

  const flush = () => {
    if (used === 0) return
    stream.write(chunk.subarray(0, used))
    chunk = Buffer.allocUnsafe(chunkBytes)
    used = 0
  }

  const codeNumber = (code: string) => {
    const known = codes.get(code)
    if (known !== undefined) return known
    // A server that invents a code per answer gets 255 of them; the rest share the last.
    if (codes.size >= 255) return 254
    const number = codes.size
    codes.set(code, number)
    const text = Buffer.from(code).subarray(0, 255)
    used = chunk.writeUInt8(codeKind, used)
    used = chunk.writeUInt8(number, used)
    used = chunk.writeUInt8(text.length, used)
    used += text.copy(chunk, used)
    return number
  }

  return {
    append(record) {
      if (used + entryBytes + 3 + 255 > chunkBytes) flush()
      const code = codeNumber(record.code)
      const orderHex = record.orderId?.replaceAll('-', '') ?? ''
      const flags = (record.repeat ? repeatFlag : 0) | (orderHex.length === 32 ? orderIdFlag : 0)
      chunk[used] = entryKind
      chunk[used + 1] = outcomes.indexOf(record.outcome) | flags
      chunk[used + 2] = code
      chunk[used + 3] = Math.min(255, record.attempts)
      chunk.writeUInt32LE(record.sequence, used + 4)
      chunk.writeUInt32LE(record.customer, used + 8)
      chunk.writeUInt16LE(record.target, used + 12)
      chunk.writeUInt16LE(record.status, used + 14)
      chunk.writeDoubleLE(record.sentAtEpochMs, used + 16)
      chunk.writeUInt32LE(Math.min(0xffffffff, Math.max(0, Math.round(record.latencyMs * 1000))), used + 24)
      if (orderHex.length === 32) chunk.write(orderHex, used + 28, 16, 'hex')
      else chunk.fill(0, used + 28, used + entryBytes)
      used += entryBytes
    },
    flush,
    async close() {
      flush()
      stream.end()
      await once(stream, 'close')
    },
  }
}

/**
 * The entries of a history file in the order they were decided. A record cut short by a crash ends the reading.
 *
 * @throws Error when the file is no history of this format.
 */
export async function* readHistory(file: string): AsyncGenerator<HistoryEntry> {
  const codes: string[] = []
  let rest: Buffer = Buffer.alloc(0)
  let keyOf: ((sequence: number) => string) | undefined
  for await (const read of createReadStream(file, { highWaterMark: chunkBytes })) {
    const bytes: Buffer = rest.length === 0 ? read : Buffer.concat([rest, read])
    let at = 0
    if (!keyOf) {
      const lineEnd = bytes.indexOf(10)
      if (lineEnd < 0 && bytes.length < chunkBytes) {
        rest = bytes
        continue
      }
      keyOf = keysOf(bytes.toString('utf8', 0, Math.max(0, lineEnd)), file)
      at = lineEnd + 1
    }
    while (at < bytes.length) {
      if (bytes[at] === codeKind) {
        const length = bytes[at + 2]
        if (length === undefined || at + 3 + length > bytes.length) break
        codes[bytes[at + 1] ?? 0] = bytes.toString('utf8', at + 3, at + 3 + length)
        at += 3 + length
        continue
      }
      if (at + entryBytes > bytes.length) break
      yield entryAt(bytes, at, codes, keyOf)
      at += entryBytes
    }
    rest = bytes.subarray(at)
  }
}

function keysOf(line: string, file: string) {
  const header: unknown = line.startsWith('{') ? JSON.parse(line) : null
  if (!isHeader(header)) throw new Error(`${file} is no client history (${format})`)
  return keySource(header.seed, header.keySalt)
}

const isHeader = (header: unknown): header is { seed: number; keySalt: string } =>
  typeof header === 'object' && header !== null && 'format' in header && header.format === format

function entryAt(bytes: Buffer, at: number, codes: string[], keyOf: (sequence: number) => string): HistoryEntry {
  const flags = bytes[at + 1] ?? 0
  const sequence = bytes.readUInt32LE(at + 4)
  return {
    sequence,
    customer: bytes.readUInt32LE(at + 8),
    target: bytes.readUInt16LE(at + 12),
    idempotencyKey: keyOf(sequence),
    sentAt: new Date(bytes.readDoubleLE(at + 16)),
    outcome: outcomes[flags & 0x0f] ?? 'indeterminate',
    orderId: (flags & orderIdFlag) === 0 ? null : dashed(bytes.toString('hex', at + 28, at + entryBytes)),
    status: bytes.readUInt16LE(at + 14),
    code: codes[bytes[at + 2] ?? 0] ?? '',
    latencyMs: bytes.readUInt32LE(at + 24) / 1000,
    attempts: bytes[at + 3] ?? 0,
    repeat: (flags & repeatFlag) !== 0,
  }
}

const dashed = (hex: string) =>
  `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
