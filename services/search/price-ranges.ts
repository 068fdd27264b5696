import { priceEdges } from './engine.ts'

export type PriceRange = { minMinor: number; maxMinor: number | null; count: number }
const mostRanges = 6

/** Ranges with round edges from counted buckets: neighbours that hold the fewest are joined until six are left. */
export function priceRangesOf(buckets: readonly { bucket: number; count: number }[]): PriceRange[] {
  const ranges: PriceRange[] = buckets
    .toSorted((a, b) => a.bucket - b.bucket)
    .map(({ bucket, count }) => ({
      minMinor: bucket === 0 ? 0 : (priceEdges[bucket - 1] ?? 0),
      maxMinor: bucket >= priceEdges.length ? null : (priceEdges[bucket] ?? 0) - 1,
      count,
    }))
  while (ranges.length > mostRanges) {
    let at = 0
    const both = (index: number) => (ranges[index]?.count ?? 0) + (ranges[index + 1]?.count ?? 0)
    for (let index = 1; index < ranges.length - 1; index += 1) if (both(index) < both(at)) at = index
    const [low, high] = ranges.slice(at, at + 2) as [PriceRange, PriceRange]
    ranges.splice(at, 2, { minMinor: low.minMinor, maxMinor: high.maxMinor, count: low.count + high.count })
  }
  return ranges
}
