/** What names are sorted and searched by: lower case, one space between words. */
export const nameKeyOf = (name: string): string =>
  firstCharacters(name.normalize('NFKC').toLowerCase().replace(/\s+/gu, ' ').trim(), 80)

/** Whole characters, so that none of four bytes is cut in half. */
const firstCharacters = (text: string, count: number): string => Array.from(text).slice(0, count).join('')

/** The name from each of its first ten words on: a search is a prefix of one of these. */
export function searchableParts(name: string): string[] {
  const words = nameKeyOf(name)
    .split(/[^\p{L}\p{M}\p{N}]+/u)
    .filter((word) => word !== '')
  const parts = words.slice(0, 10).map((_, index) => words.slice(index).join(' '))
  return [...new Set(parts.length === 0 ? [nameKeyOf(name)] : parts)]
}

/** What somebody typed, in the form of `searchableParts`. Empty when there is nothing to look for. */
export const searchOf = (typed: string): string => {
  const words = nameKeyOf(typed)
    .split(/[^\p{L}\p{M}\p{N}]+/u)
    .filter((word) => word !== '')
  return words.length === 0 ? nameKeyOf(typed) : words.join(' ')
}

/** The least text after everything that begins with `prefix`, in the order of code points. */
export const endOfPrefix = (prefix: string): string => `${prefix}\u{10ffff}`

/** "Ümlaut & Söhne" → "umlaut-sohne"; a name without a Latin letter gets `fallback`. */
export const slugOf = (name: string, fallback: string): string =>
  name
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, 60)
    .replace(/^-+|-+$/g, '') || fallback

export const slugPattern = '^[a-z0-9](?:[a-z0-9-]{0,58}[a-z0-9])?$'
