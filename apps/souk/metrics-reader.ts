/** One sample of a metrics page in the text format of Prometheus: the first whose labels contain `labels`. */
export function sampleOf(page: string, name: string, labels = ''): number {
  for (const line of page.split('\n')) {
    if (!line.startsWith(name)) continue
    const rest = line.slice(name.length)
    if (rest.startsWith(' ') && labels === '') return Number(rest)
    if (rest.startsWith('{') && rest.includes(labels)) return Number(rest.slice(rest.lastIndexOf('}') + 1))
  }
  return 0
}

/** All samples of a name together: those of every process, with every label; of those that contain `labels`. */
export const sumOf = (page: string, name: string, labels = ''): number =>
  samplesOf(page, name)
    .filter((sample) => sample.labels.includes(labels))
    .reduce((sum, { value }) => sum + value, 0)

/** A histogram over every process: how many observations were at most so large, by bound, the smallest first. */
export function bucketsOf(page: string, name: string): { atMost: number; count: number }[] {
  const counts = new Map<number, number>()
  for (const { labels, value } of samplesOf(page, `${name}_bucket`)) {
    const bound = /(?:^|,)le="([^"]*)"/.exec(labels)?.[1] ?? ''
    const atMost = bound === '+Inf' ? Number.POSITIVE_INFINITY : Number(bound)
    counts.set(atMost, (counts.get(atMost) ?? 0) + value)
  }
  return [...counts].map(([atMost, count]) => ({ atMost, count })).sort((a, b) => a.atMost - b.atMost)
}

const samplesOf = (page: string, name: string) =>
  page.split('\n').flatMap((line) => {
    const rest = line.startsWith(name) ? line.slice(name.length) : ''
    if (rest.startsWith(' ')) return [{ labels: '', value: Number(rest) }]
    if (!rest.startsWith('{')) return []
    const end = rest.lastIndexOf('}')
    return [{ labels: rest.slice(1, end), value: Number(rest.slice(end + 1)) }]
  })
