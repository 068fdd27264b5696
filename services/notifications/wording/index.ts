import type { Kind } from '../kinds.ts'
import type { Channel } from '../message.ts'
import type { Template } from '../render.ts'
import { german } from './de.ts'
import { english } from './en.ts'
import { turkish } from './tr.ts'

/** What the program says of itself, in one language. `short` goes out as a text message. */
export type Wording = {
  kinds: Readonly<Record<Kind, { subject: string; body: string; short: string }>>
  /** Under every mail. */
  footer: string
}

export const languages = ['en', 'de', 'tr'] as const
export type Language = (typeof languages)[number]
export const isLanguage = (text: string): text is Language => (languages as readonly string[]).includes(text)
/** "de-AT" → "de"; what we do not speak → "en". */
export const languageOf = (text: string): Language => {
  const [primary = ''] = text.toLowerCase().split('-')
  return isLanguage(primary) ? primary : 'en'
}

const wordings: Readonly<Record<Language, Wording>> = { en: english, de: german, tr: turkish }

export const footerIn = (language: Language): string => wordings[language].footer

/** Version 1 of every template. Inbox and mail share their words, and so do all short ways. */
export const builtIn = (kind: Kind, channel: Channel, language: Language): Template => {
  const { subject, body, short } = wordings[language].kinds[kind]
  return { subject, body: channel === 'inbox' || channel === 'email' ? body : short }
}
