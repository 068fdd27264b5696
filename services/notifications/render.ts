import { IntlMessageFormat } from 'intl-messageformat'
import { type Kind, type Money, type ParameterType, parametersOf, samplesOf, type Values } from './kinds.ts'
import { plainValue, slot, type Slotted, toHtml, toLine, toPlain } from './markup.ts'
import type { Channel } from './message.ts'
import type { Language } from './wording/index.ts'

/** Words for one kind, channel and language: ICU messages, the body in the markup of markup.ts. */
export type Template = { subject: string; body: string }

export type Rendered = {
  subject: string
  /** Without markup. */
  text: string
  /** A fragment: headings, paragraphs, links; safe to put into a page. */
  html: string
  /** Each parameter as people read it, for providers that keep the words themselves. */
  values: Readonly<Record<string, string>>
}

const dateFormats = new Map<string, Intl.DateTimeFormat>()
/** All instants are told in UTC, and say so: the server's own time zone means nothing to a customer. */
const formatters = {
  getNumberFormat: (locales?: string | string[], options?: object) => new Intl.NumberFormat(locales, options),
  getPluralRules: (...given: ConstructorParameters<typeof Intl.PluralRules>) => new Intl.PluralRules(...given),
  getDateTimeFormat: (locales?: string | string[] | Intl.LocalesArgument, options?: Intl.DateTimeFormatOptions) => {
    const key = `${String(locales)}${JSON.stringify(options)}`
    const known = dateFormats.get(key) ?? new Intl.DateTimeFormat(locales as string, { ...options, timeZone: 'UTC' })
    dateFormats.set(key, known)
    return known
  },
}

// Compiling costs some 50 µs, rendering 5: kept by text, and forgotten all at once when there are many.
const compiled = new Map<string, IntlMessageFormat>()
function compile(text: string, language: string): IntlMessageFormat {
  const key = `${language}\n${text}`
  let known = compiled.get(key)
  if (known === undefined) {
    known = new IntlMessageFormat(text, language, undefined, { ignoreTag: true, formatters: formatters as never })
    if (compiled.size >= 1_000) compiled.clear()
    compiled.set(key, known)
  }
  return known
}

/** 1999 EUR → "19,99 €" in German; 1200 JPY → "¥1,200" in English. */
export function formatMoney({ minor, currency }: Money, language: string): string {
  const format = new Intl.NumberFormat(language, { style: 'currency', currency })
  return format.format(minor / 10 ** (format.resolvedOptions().maximumFractionDigits ?? 2))
}

export const formatInstant = (ms: number, language: string): string =>
  `${formatters.getDateTimeFormat(language, { dateStyle: 'long', timeStyle: 'short' }).format(ms)} UTC`

/** Values as the template sees them: what people wrote is put in only after the markup has been understood. */
function inputs(kind: Kind, values: Values, language: string) {
  const slotted: string[] = []
  const given: Record<string, string | number | Date> = {}
  const shown: Record<string, string> = {}
  for (const [name, type] of Object.entries(parametersOf(kind))) {
    const value = values[name] ?? ''
    const text = asText(type, value, language)
    shown[name] = text
    if (type === 'count') given[name] = Number(value)
    else if (type === 'date') given[name] = new Date(Number(value))
    // ICU knows no hyphens in the words of a select.
    else if (typeof type === 'object') given[name] = text.replaceAll('-', '_')
    else {
      given[name] = slot(slotted.length)
      slotted.push(text)
    }
  }
  return { slotted, given, shown }
}

function asText(type: ParameterType, value: Values[string], language: string): string {
  if (type === 'money') return typeof value === 'object' ? formatMoney(value, language) : ''
  if (type === 'date') return formatInstant(Number(value), language)
  return typeof value === 'object' ? '' : plainValue(String(value))
}

/** @throws what the template does wrong with these values. */
export function render(kind: Kind, template: Template, values: Values, language: Language): Rendered {
  const { slotted, given, shown } = inputs(kind, values, language)
  const format = (text: string): Slotted => ({
    text: String(compile(text, language).format(given)),
    values: slotted,
  })
  const body = format(template.body)
  return {
    subject: toLine(format(template.subject)),
    text: toPlain(body),
    html: toHtml(body),
    values: shown,
  }
}

/** What is wrong with a template, as sentences; none when it renders with every sample. */
export function faultsOfTemplate(kind: Kind, channel: Channel, template: Template, language: Language): string[] {
  const faults = new Set<string>()
  for (const [name, text] of Object.entries(template)) {
    try {
      for (const used of argumentsOf(compile(text, language).getAst() as readonly Node[])) {
        const type = parametersOf(kind)[used.name]
        if (type === undefined) faults.add(`${name}: {${used.name}} is not a parameter of ${kind}`)
        else if (!mayBeUsed(type, used.as)) faults.add(`${name}: {${used.name}} cannot be used as ${used.as}`)
      }
      for (const [, target = ''] of text.matchAll(/\]\(([^)\s]*)\)/g))
        if (!/^(https:\/\/\S+|\{\w+\})$/.test(target))
          faults.add(`${name}: a link leads to https://… or to a parameter in braces, not to ${target}`)
    } catch (error) {
      faults.add(`${name}: ${(error as Error).message}`)
    }
  }
  if (faults.size > 0) return [...faults]
  for (const sample of samplesOf(kind))
    try {
      const made = render(kind, template, { customer: 'Ada', shop: 'Lamps', ...sample }, language)
      if (made.text === '') faults.add('body: nothing is left of it with sample values')
      if (made.subject === '' && (channel === 'email' || channel === 'inbox')) faults.add('subject: it is empty')
    } catch (error) {
      faults.add((error as Error).message)
    }
  return [...faults]
}

type Used = { name: string; as: string }
type Node = { type: number; value?: unknown; options?: Record<string, { value: readonly Node[] }> }
const uses = ['', 'a value', 'a number', 'a date', 'a time', 'select', 'plural'] as const

/** Every argument of a parsed message, with how it is used; those inside the cases of others too. */
const argumentsOf = (nodes: readonly Node[]): Used[] =>
  nodes.flatMap((node) => [
    ...(uses[node.type] ? [{ name: String(node.value), as: uses[node.type] as string }] : []),
    ...Object.values(node.options ?? {}).flatMap((option) => argumentsOf(option.value)),
  ])

function mayBeUsed(type: ParameterType, as: string): boolean {
  if (as === 'a number' || as === 'plural') return type === 'count'
  if (as === 'a date' || as === 'a time') return type === 'date'
  if (as === 'select') return typeof type === 'object'
  return type !== 'date'
}
