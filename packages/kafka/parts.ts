import { type BatchPart, type LogRow, splitBatch } from '@souk/events'
import { partitionOf } from './names.ts'

/** An outbox row divided among the partitions of its topic. One that cannot be read is the first partition's as a whole. */
export function partsOf(row: LogRow, partitions: number): Map<number, BatchPart> {
  try {
    return splitBatch(row.batch, (key) => partitionOf(key, partitions))
  } catch {
    // Consumers say that it cannot be read, and park it; it must not stop the relay.
    return new Map([[0, { bytes: row.batch, eventCount: row.eventCount, kinds: [], key: undefined }]])
  }
}
