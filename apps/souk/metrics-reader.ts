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
