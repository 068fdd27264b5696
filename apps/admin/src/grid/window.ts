/** What of a long list is in the page. */
export type Window = {
  /** First row that is shown, and the one after the last. */
  from: number
  to: number
  /** Where the first one lies, from the top of the content. */
  top: number
  /** How high the content is. */
  height: number
}

/** Browsers lose their way in content higher than this (Firefox: 17.8 million pixels). */
export const highest = 12_000_000

/**
 * Rows of equal height. Where the list is higher than a browser can show, a pixel of scrolling stands for more than one,
 * so that the end is still the end.
 */
export function windowOf({
  scrollTop,
  viewport,
  rowHeight,
  count,
  overscan = 8,
}: {
  scrollTop: number
  viewport: number
  rowHeight: number
  count: number
  overscan?: number
}): Window {
  const real = count * rowHeight
  const height = Math.min(real, highest)
  const travel = Math.max(0, height - viewport)
  const at = Math.min(Math.max(0, scrollTop), travel)
  const shift = real > height && travel > 0 ? (at / travel) * (real - viewport) - at : 0
  const from = Math.max(0, Math.floor((at + shift) / rowHeight) - overscan)
  const to = Math.min(count, Math.ceil((at + shift + viewport) / rowHeight) + overscan)
  return { from, to, top: from * rowHeight - shift, height }
}

/** Where to scroll so that a row is in sight; undefined when it is. */
export function scrollTo(
  row: number,
  { scrollTop, viewport, rowHeight, count }: { scrollTop: number; viewport: number; rowHeight: number; count: number },
): number | undefined {
  const real = count * rowHeight
  const height = Math.min(real, highest)
  const travel = Math.max(0, height - viewport)
  const scale = real > height && travel > 0 ? (real - viewport) / travel : 1
  const at = Math.min(scrollTop, travel) * scale
  if (row * rowHeight < at) return (row * rowHeight) / scale
  if ((row + 1) * rowHeight > at + viewport) return ((row + 1) * rowHeight - viewport) / scale
  return undefined
}
