import { createHash } from 'node:crypto'

/** One statement: text with $1-style parameters, its values, and the name under which the server keeps it prepared. */
export type Sql = { readonly name: string; readonly text: string; readonly values: readonly unknown[] }

class SqlText implements Sql {
  readonly name: string
  readonly text: string
  readonly values: readonly unknown[]
  constructor(name: string, text: string, values: readonly unknown[]) {
    this.name = name
    this.text = text
    this.values = values
  }
}

type Prepared = { name: string; text: string }
const byStrings = new WeakMap<TemplateStringsArray, Prepared>()
const byText = new Map<string, Prepared>()

function prepared(text: string): Prepared {
  let known = byText.get(text)
  if (known === undefined) {
    known = { text, name: `souk_${createHash('sha1').update(text).digest('hex').slice(0, 16)}` }
    byText.set(text, known)
  }
  return known
}

/**
 * A statement from a template. Every `${value}` becomes a parameter, never text, so nothing a caller sends can become SQL.
 * A `${sql`…`}` inside another is spliced in: for optional conditions chosen from a fixed set, so that the number of
 * different texts (and of prepared statements on each connection) stays small.
 */
export function sql(strings: TemplateStringsArray, ...values: unknown[]): Sql {
  if (!values.some((value) => value instanceof SqlText)) {
    let known = byStrings.get(strings)
    if (known === undefined) {
      known = prepared(strings.reduce((text, part, index) => `${text}$${index}${part}`))
      byStrings.set(strings, known)
    }
    return new SqlText(known.name, known.text, values)
  }
  const flat: unknown[] = []
  let text = strings[0] ?? ''
  values.forEach((value, index) => {
    if (value instanceof SqlText) {
      text += value.text.replace(/\$(\d+)/g, (_, n) => `$${flat.length + Number(n)}`)
      flat.push(...value.values)
    } else {
      flat.push(value)
      text += `$${flat.length}`
    }
    text += strings[index + 1] ?? ''
  })
  const known = prepared(text)
  return new SqlText(known.name, known.text, flat)
}

/** A name inside a statement: of a table, or `schema.table` by two. From our own declarations only, quoted all the same. */
export const identifier = (...names: readonly string[]): Sql =>
  new SqlText('', names.map((name) => `"${name.replaceAll('"', '""')}"`).join('.'), [])
