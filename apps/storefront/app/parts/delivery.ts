const euZone = new Set([
  'AT',
  'BE',
  'CH',
  'CZ',
  'DE',
  'DK',
  'ES',
  'FI',
  'FR',
  'GB',
  'IE',
  'IT',
  'LU',
  'NL',
  'NO',
  'PL',
  'PT',
  'SE',
])

/**
 * When something ordered now may arrive, in days of work: one or two to pack; on the way two to four within Europe, five
 * to ten from further away. A promise of nobody: the shop's ways of delivery are shown at checkout.
 */
export function deliveryEstimate(shopCountry: string, now: Date): { from: Date; to: Date } {
  const near = euZone.has(shopCountry)
  return { from: workdaysAfter(now, near ? 3 : 6), to: workdaysAfter(now, near ? 6 : 12) }
}

export function workdaysAfter(from: Date, days: number): Date {
  const at = new Date(from)
  for (let left = days; left > 0; ) {
    at.setUTCDate(at.getUTCDate() + 1)
    const day = at.getUTCDay()
    if (day !== 0 && day !== 6) left -= 1
  }
  return at
}
