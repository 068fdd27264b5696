/** Text that is already safe HTML. Only `html` makes it. */
export type Html = { readonly html: string }

type Value = Html | string | number | Html[]

/** HTML with every value escaped, except what `html` itself has made. */
export function html(parts: TemplateStringsArray, ...values: Value[]): Html {
  return { html: parts.reduce((text, part, index) => text + render(values[index - 1] ?? '') + part) }
}

const render = (value: Value): string => {
  if (Array.isArray(value)) return value.map(render).join('')
  return typeof value === 'object' ? value.html : escapeText(String(value))
}

const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }

/** For text and for quoted attributes. */
export const escapeText = (text: string) => text.replace(/[&<>"']/g, (character) => entities[character] ?? '')
