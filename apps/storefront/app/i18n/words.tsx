import { createContext, useContext } from 'react'
import { de } from './de.ts'
import { en, type Message, type MessageKey } from './en.ts'
import { type Lang, localeOf, pathIn } from './languages.ts'

const messages: Readonly<Record<Lang, Readonly<Record<MessageKey, Message>>>> = { en, de }

export type Words = {
  lang: Lang
  locale: string
  t(key: MessageKey, values?: Readonly<Record<string, string | number>>): string
  /** An address of the store in this language. */
  to(path: string): string
  date(at: string | Date, style?: 'day' | 'minute' | 'short'): string
  number(value: number): string
  /** The name of a country. @param code ISO 3166-1 */
  region(code: string): string
}

const words = new Map<Lang, Words>()

export function wordsOf(lang: Lang): Words {
  let found = words.get(lang)
  if (found === undefined) {
    found = makeWords(lang)
    words.set(lang, found)
  }
  return found
}

/** Formatters are made once: making one takes 50 µs, and a page has dozens of numbers and dates. */
function makeWords(lang: Lang): Words {
  const locale = localeOf[lang]
  const numbers = new Intl.NumberFormat(locale)
  const plurals = new Intl.PluralRules(lang)
  // The zone is said, because the server stands in another one than whoever reads.
  const dayStyle = { dateStyle: 'medium', timeZone: 'Europe/Berlin' } as const
  const dates = {
    day: new Intl.DateTimeFormat(locale, dayStyle),
    minute: new Intl.DateTimeFormat(locale, { ...dayStyle, timeStyle: 'short' }),
    short: new Intl.DateTimeFormat(locale, { day: 'numeric', month: 'short', timeZone: 'Europe/Berlin' }),
  }
  const regions = new Intl.DisplayNames(locale, { type: 'region' })
  const number = (value: number) => numbers.format(value)
  return {
    lang,
    locale,
    number,
    t(key, values = {}) {
      const message = messages[lang][key]
      const text =
        typeof message === 'string'
          ? message
          : message[plurals.select(Number(values.count)) === 'one' ? 'one' : 'other']
      return text.replaceAll(/\{(\w+)\}/g, (whole, name: string) => {
        const value = values[name]
        return value === undefined ? whole : typeof value === 'number' ? number(value) : value
      })
    },
    region: (code) => regions.of(code) ?? code,
    to: (path) => pathIn(lang, path),
    date: (at, style = 'day') => dates[style].format(new Date(at)),
  }
}

const WordsContext = createContext<Words>(wordsOf('en'))
export const WordsProvider = WordsContext
export const useWords = (): Words => useContext(WordsContext)
