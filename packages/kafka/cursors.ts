import type { Position } from '@souk/events'

/** Of one lane, how many places are remembered. Consumers of a process are seldom at more different ones. */
const remembered = 64

/**
 * At which offset of Kafka a place is to be looked for. All there is from the place on lies at this offset or behind it;
 * what lies there and belongs before the place is passed over. So any offset that is too small is right, only slow.
 */
export type Cursors = {
  find(lane: string, place: Position): bigint | undefined
  set(lane: string, place: Position, offset: bigint): void
}

export function createCursors(): Cursors {
  const lanes = new Map<string, Map<string, bigint>>()
  const keyOf = ({ xid, seq, index }: Position) => `${xid}/${seq}/${index}`
  return {
    find: (lane, place) => lanes.get(lane)?.get(keyOf(place)),
    set(lane, place, offset) {
      let places = lanes.get(lane)
      if (places === undefined) {
        places = new Map()
        lanes.set(lane, places)
      }
      const key = keyOf(place)
      places.delete(key)
      places.set(key, offset)
      if (places.size > remembered) for (const oldest of [...places.keys()].slice(0, 8)) places.delete(oldest)
    },
  }
}
