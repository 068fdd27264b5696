/** Letters changed, left out, added or swapped with their neighbour: as many steps as lead from one word to the other. */
export function stepsBetween(a: string, b: string): number {
  const [from, to] = [[...a], [...b]]
  let before: number[] = []
  let above = Array.from({ length: to.length + 1 }, (_, at) => at)
  for (let row = 1; row <= from.length; row += 1) {
    const current = [row]
    for (let column = 1; column <= to.length; column += 1) {
      const same = from[row - 1] === to[column - 1]
      let least = Math.min(
        (above[column] ?? 0) + 1,
        (current[column - 1] ?? 0) + 1,
        (above[column - 1] ?? 0) + (same ? 0 : 1),
      )
      if (row > 1 && column > 1 && from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1])
        least = Math.min(least, (before[column - 2] ?? 0) + 1)
      current.push(least)
    }
    before = above
    above = current
  }
  return above[to.length] ?? 0
}

/** How many typing errors a word of this length is forgiven; as OpenSearch does it. */
const forgiven = (word: string): number => (word.length < 3 ? 0 : word.length < 6 ? 1 : 2)

/** The word that was most likely meant: the fewest steps away, of those the commonest. */
export function nearest(typed: string, candidates: readonly { word: string; uses: number }[]): string | undefined {
  let best: { word: string; uses: number; steps: number } | undefined
  for (const { word, uses } of candidates) {
    const steps = stepsBetween(typed, word)
    if (steps > forgiven(typed)) continue
    if (best === undefined || steps < best.steps || (steps === best.steps && uses > best.uses))
      best = { word, uses, steps }
  }
  return best?.word
}
