/** A mid-range phone on slow 4G, as Lighthouse simulates one: a quarter of this processor, 150 ms there and back, 1.6 Mbit/s. */
export const phone = {
  viewport: { width: 390, height: 844 },
  slowerProcessor: 4,
  latencyMs: 150,
  downloadBytesPerSecond: (1.6 * 1024 * 1024) / 8,
  uploadBytesPerSecond: (750 * 1024) / 8,
} as const
