export type Form = { [name: string]: string | Form }

/** A text that was sent; empty when none was, or several. */
export const textOf = (value: Form[string] | undefined): string => (typeof value === 'string' ? value : '')

/** `a=1&b[c]=2&d[0]=3`, as Stripe's clients write bodies and queries. */
export function readForm(pairs: Iterable<[string, string]>): Form {
  const form: Form = {}
  for (const [name, value] of pairs) {
    const path = name.split(/[[\]]+/).filter((part) => part !== '')
    let at = form
    for (const part of path.slice(0, -1)) {
      const inner = at[part]
      at = typeof inner === 'object' ? inner : (at[part] = Object.create(null) as Form)
    }
    at[path.at(-1) as string] = value
  }
  return form
}
