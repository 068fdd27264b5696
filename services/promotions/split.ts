/** `amount × part ÷ whole`, rounded half up. Exact: the product of two amounts passes 2^53. */
export function shareOf(amount: number, part: number, whole: number): number {
  const product = BigInt(amount) * BigInt(part) * 2n
  const divisor = BigInt(whole) * 2n
  return Number((product + BigInt(whole)) / divisor)
}

/**
 * Divide an amount by weights, to the last minor unit: largest remainder, of equal ones the first.
 * @param amount minor units, not negative
 * @param weights whole, not negative, at least one. All zero means equal shares.
 * @returns one share per weight, summing to exactly `amount`; none larger than its weight when the amount is no larger than their sum.
 */
export function split(amount: number, weights: readonly number[]): number[] {
  if (weights.length === 0) throw new RangeError('an amount is divided among one at least')
  const sum = weights.reduce((total, weight) => total + BigInt(weight), 0n)
  const parts = sum === 0n ? weights.map(() => 1n) : weights.map(BigInt)
  const whole = sum === 0n ? BigInt(weights.length) : sum
  const shares = parts.map((part, index) => {
    const product = BigInt(amount) * part
    return { index, share: Number(product / whole), remainder: product % whole }
  })
  let left = amount - shares.reduce((total, { share }) => total + share, 0)
  for (const one of shares.toSorted((a, b) => (a.remainder === b.remainder ? 0 : a.remainder > b.remainder ? -1 : 1))) {
    if (left === 0) break
    one.share += 1
    left -= 1
  }
  return shares.map(({ share }) => share)
}
