/** A stretch of time cut into days at most, the oldest first: for providers that list the newest first. */
export function* daysOf(from: Date, to: Date): Generator<{ fromSeconds: number; toSeconds: number }> {
  for (let at = from.getTime(); at < to.getTime(); at += 86_400_000) {
    const end = Math.min(to.getTime(), at + 86_400_000)
    yield { fromSeconds: Math.floor(at / 1_000), toSeconds: Math.ceil(end / 1_000) }
  }
}
