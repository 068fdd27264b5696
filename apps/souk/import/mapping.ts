import { readFileSync } from 'node:fs'
import { UsageError } from '../explain.ts'
import { type Decimal, isCurrency } from './amounts.ts'
import { dateParser } from './dates.ts'
import { about } from './mapping-help.ts'

/** Which column holds what. */
export type Columns = {
  number: string
  date: string
  product: string
  title: string | undefined
  quantity: string
  price: string
  customer: string | undefined
  currency: string | undefined
}

/** How a file of order lines is to be read. */
export type Mapping = {
  columns: Columns
  dateFormats: readonly string[]
  timeZone: string
  decimal: Decimal
  delimiter: string
  encoding: 'utf-8' | 'latin1'
  /** Of lines that do not say; undefined when a column does. */
  currency: string | undefined
  /** Numbers that begin with it take back what another order sold. Empty: none do. */
  cancelPrefix: string
  /** Whether a negative quantity alone takes something back. */
  cancelNegative: boolean
  /** Article numbers, in capitals, that are no goods. */
  services: ReadonlySet<string>
  /** The settings as given, sorted: two mappings that read alike are one. */
  text: string
}

/** Settings with a name of their own, to be changed by further pairs. */
export const presets: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'invoice-lines': {
    number: 'InvoiceNo',
    date: 'InvoiceDate',
    product: 'StockCode',
    title: 'Description',
    quantity: 'Quantity',
    price: 'UnitPrice',
    customer: 'CustomerID',
    currency: 'GBP',
    'date-format': 'yyyy-MM-dd HH:mm:ss | yyyy-MM-dd HH:mm | M/d/yyyy H:mm',
    'cancel-prefix': 'C',
    services: 'POST DOT M D S B C2 CRUK AMAZONFEE BANK-CHARGES "BANK CHARGES" PADS',
  },
}

/**
 * A mapping from what was given on the command line: a preset, a file of `name: value` lines (or JSON), pairs
 * `name=value`; several with commas between, later ones win.
 * @throws UsageError naming everything that is wrong with it
 */
export function parseMapping(given: string, readFile: (path: string) => string = readText): Mapping {
  const settings: Record<string, string> = {}
  for (const part of splitUnquoted(given, ',')) {
    const pair = /^([a-z-]+)=(.*)$/s.exec(part)
    const [, name, value = ''] = pair ?? []
    if (name !== undefined) settings[name] = unquoted(value)
    else Object.assign(settings, presets[part] ?? settingsIn(part, readFile))
  }
  return mappingOf(settings)
}

const readText = (path: string) => readFileSync(path, 'utf8')

function settingsIn(path: string, readFile: (path: string) => string): Record<string, string> {
  let text: string
  try {
    text = readFile(path)
  } catch {
    throw new UsageError(
      `--mapping: there is no preset and no file ${path}. Presets: ${Object.keys(presets).join(', ')}; pairs are written name=value.`,
    )
  }
  return text.trimStart().startsWith('{') ? fromJson(path, text) : fromLines(path, text)
}

function fromJson(path: string, text: string): Record<string, string> {
  try {
    const settings: Record<string, string> = {}
    for (const [name, value] of Object.entries(JSON.parse(text) as Record<string, unknown>))
      settings[name] = Array.isArray(value) ? value.map((each) => `"${each}"`).join(' ') : String(value)
    return settings
  } catch (error) {
    throw new UsageError(`${path} is not JSON: ${(error as Error).message}`)
  }
}

/** The plain part of YAML that a list of settings needs: `name: value`, quotes, `[a, b]` and comments. */
function fromLines(path: string, text: string): Record<string, string> {
  const settings: Record<string, string> = {}
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    const plain = line.replace(/(^|\s)#(?=([^"]*"[^"]*")*[^"]*$).*$/, '').trim()
    if (plain === '' || plain === '---') continue
    const [, name, value = ''] = /^([\w-]+)\s*:\s*(.*)$/.exec(plain) ?? []
    if (name === undefined)
      throw new UsageError(`${path}, line ${index + 1}: expected \`name: value\`, found \`${plain.slice(0, 60)}\`.`)
    settings[name] = /^\[.*\]$/s.test(value)
      ? splitUnquoted(value.slice(1, -1), ',')
          .map((each) => `"${unquoted(each)}"`)
          .join(' ')
      : unquoted(value)
  }
  return settings
}

const unquoted = (text: string) => /^(["'])(.*)\1$/s.exec(text)?.[2] ?? text

const splitUnquoted = (text: string, separator: string): string[] =>
  (text.match(new RegExp(`(?:"[^"]*"|'[^']*'|[^${separator}])+`, 'g')) ?? []).map((each) => each.trim()).filter(Boolean)

const delimiters: Readonly<Record<string, string>> = { comma: ',', semicolon: ';', tab: '\t', pipe: '|' }

function mappingOf(settings: Readonly<Record<string, string>>): Mapping {
  const faults: string[] = []
  const oneOf = <Value>(name: string, values: Readonly<Record<string, Value>>, otherwise: Value): Value => {
    const given = settings[name]
    if (given === undefined) return otherwise
    const found = values[given]
    if (found === undefined) faults.push(`${name}=${given} must be one of ${Object.keys(values).join(', ')}`)
    return found ?? otherwise
  }
  for (const name of Object.keys(settings))
    if (!(name in about)) faults.push(`${name} is not a setting; there are ${Object.keys(about).join(', ')}`)
  const needed = (name: string) => {
    if (!settings[name]) faults.push(`${name} is missing: ${about[name]}`)
    return settings[name] ?? ''
  }
  const currency = needed('currency')
  const currencyColumn = /^column:(.+)$/.exec(currency)?.[1]
  if (currency !== '' && currencyColumn === undefined && !isCurrency(currency))
    faults.push(`currency=${currency} is neither a currency, such as EUR, nor column:NAME`)
  const dateFormats = needed('date-format')
    .split('|')
    .map((format) => format.trim())
    .filter((format) => format !== '')
  const timeZone = settings['time-zone'] ?? 'UTC'
  try {
    dateParser(dateFormats, timeZone)
  } catch (error) {
    faults.push(`date-format or time-zone: ${(error as Error).message}`)
  }
  const mapping: Mapping = {
    columns: {
      number: needed('number'),
      date: needed('date'),
      product: needed('product'),
      title: settings.title,
      quantity: needed('quantity'),
      price: needed('price'),
      customer: settings.customer,
      currency: currencyColumn,
    },
    dateFormats,
    timeZone,
    decimal: oneOf('decimal', { point: 'point', comma: 'comma' }, 'point'),
    delimiter: oneOf('delimiter', delimiters, ','),
    encoding: oneOf('encoding', { 'utf-8': 'utf-8', latin1: 'latin1' }, 'utf-8'),
    currency: currencyColumn === undefined ? currency : undefined,
    cancelPrefix: settings['cancel-prefix'] ?? '',
    cancelNegative: oneOf('cancel-negative', { yes: true, no: false }, false),
    services: new Set(splitUnquoted(settings.services ?? '', ' ').map((code) => unquoted(code).toUpperCase())),
    text: JSON.stringify(Object.entries(settings).sort(([one], [other]) => (one < other ? -1 : 1))),
  }
  if (faults.length > 0)
    throw new UsageError(
      `The mapping has ${faults.length} fault${faults.length === 1 ? '' : 's'}:\n${faults.map((fault) => `  ${fault}`).join('\n')}`,
    )
  return mapping
}

export type Places = { [Name in keyof Columns]: number }

/** Where the columns are in a file. @throws UsageError naming those that are not, and what there is */
export function placesIn(header: readonly string[], { columns }: Mapping): Places {
  const titles = header.map((title) => title.trim())
  const faults: string[] = []
  const place = (name: keyof Columns): number => {
    const wanted = columns[name]
    if (wanted === undefined) return -1
    const exact = titles.indexOf(wanted)
    const found = exact >= 0 ? exact : titles.findIndex((title) => title.toLowerCase() === wanted.toLowerCase())
    if (found < 0) faults.push(`${name}: there is no column ${wanted}`)
    if (titles.filter((title) => title === titles[found]).length > 1)
      faults.push(`${name}: ${wanted} stands there twice`)
    return found
  }
  const places: Places = {
    number: place('number'),
    date: place('date'),
    product: place('product'),
    title: place('title'),
    quantity: place('quantity'),
    price: place('price'),
    customer: place('customer'),
    currency: place('currency'),
  }
  if (faults.length > 0)
    throw new UsageError(
      `The mapping does not fit the file:\n${faults.map((fault) => `  ${fault}`).join('\n')}\n` +
        `The file has: ${titles.slice(0, 50).join(', ')}${titles.length === 1 ? ' (one column: is the delimiter right?)' : ''}`,
    )
  return places
}
