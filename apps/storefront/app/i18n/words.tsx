import { createContext, useContext } from 'react'
import { de } from './de.ts'
import { en, type Message, type MessageKey } from './en.ts'
import { type Lang, localeOf, pathIn } from './languages.ts'

const messages: Readonly<Record<Lang, Readonly<Record<MessageKey, Message>>>> = { en, de }
const plurals = new Map<Lang, Intl.PluralRules>()

export type Words = {
  lang: Lang
  locale: string
  t(key: MessageKey, values?: Readonly<Record<string, string | number>>): string
  /** An address of the store in this language. */
  to(path: string): string
  date(at: string | Date, style?: 'day' | 'minute'): string
  number(value: number): string
}

export function wordsOf(lang: Lang): Words {
  const locale = localeOf[lang]
  const number = (value: number) => new Intl.NumberFormat(locale).format(value)
  return {
    lang,
    locale,
    number,
    t(key, values = {}) {
      const message = messages[lang][key]
      const text = typeof message === 'string' ? message : message[pluralOf(lang, Number(values.count))]
      return text.replaceAll(/\{(\w+)\}/g, (whole, name: string) => {
        const value = values[name]
        return value === undefined ? whole : typeof value === 'number' ? number(value) : value
      })
    },
    to: (path) => pathIn(lang, path),
    // The zone is said, because the server stands in another one than whoever reads.
    date: (at, style = 'day') =>
      new Intl.DateTimeFormat(locale, {
        dateStyle: 'medium',
        ...(style === 'minute' && { timeStyle: 'short' }),
        timeZone: 'Europe/Berlin',
      }).format(new Date(at)),
  }
}

function pluralOf(lang: Lang, count: number): 'one' | 'other' {
  let rules = plurals.get(lang)
  if (rules === undefined) {
    rules = new Intl.PluralRules(lang)
    plurals.set(lang, rules)
  }
  return rules.select(count) === 'one' ? 'one' : 'other'
}

const WordsContext = createContext<Words>(wordsOf('en'))
export const WordsProvider = WordsContext
export const useWords = (): Words => useContext(WordsContext)
