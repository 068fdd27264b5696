export type Labels = Readonly<Record<string, string>>
export type Sample = { metricName?: string; labels: Labels; value: number }

/** More than this and somebody uses an id as a label: memory here and in Prometheus would grow with the customers. */
const maxSeries = 2_000

/** One value per combination of labels. */
export class Series<T> {
  readonly #names: readonly string[]
  readonly #make: () => T
  readonly #byKey = new Map<string, { labels: Labels; value: T }>()

  #other: { labels: Labels; value: T } | undefined

  constructor(names: readonly string[], make: () => T) {
    this.#names = names
    this.#make = make
    if (names.length === 0) this.of({})
  }

  of(labels: Labels): T {
    let key = ''
    for (const name of this.#names) key += `${labels[name] ?? ''}\n`
    const known = this.#byKey.get(key)
    if (known !== undefined) return known.value
    const unknown = Object.keys(labels).find((name) => !this.#names.includes(name))
    if (unknown !== undefined) throw new Error(`the label ${unknown} was not declared`)
    if (this.#byKey.size >= maxSeries) return this.#overflow()
    const value = this.#make()
    this.#byKey.set(key, { labels: Object.fromEntries(this.#names.map((name) => [name, labels[name] ?? ''])), value })
    return value
  }

  /** Whatever is beyond the limit is counted together, under the label value "other". */
  #overflow(): T {
    this.#other ??= { labels: Object.fromEntries(this.#names.map((name) => [name, 'other'])), value: this.#make() }
    return this.#other.value
  }

  samples(read: (value: T, labels: Labels) => Sample[]): Sample[] {
    const all = this.#other === undefined ? [...this.#byKey.values()] : [...this.#byKey.values(), this.#other]
    return all.flatMap(({ value, labels }) => read(value, labels))
  }
}
