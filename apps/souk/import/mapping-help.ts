/** What each setting of a mapping says. */
export const about: Readonly<Record<string, string>> = {
  number: 'column with the number of the order',
  date: 'column with the date',
  product: 'column with the article number',
  title: 'column with the description',
  quantity: 'column with the quantity',
  price: 'column with the price of one unit',
  customer: 'column with the number of the customer',
  currency: 'a currency, such as EUR; or column:NAME',
  'date-format': 'such as yyyy-MM-dd HH:mm:ss, dd.MM.yyyy or iso; several with | between them',
  'time-zone': 'such as Europe/Berlin (UTC)',
  decimal: 'point or comma (point)',
  delimiter: 'comma, semicolon, tab or pipe (comma)',
  encoding: 'utf-8 or latin1 (utf-8)',
  'cancel-prefix': 'numbers beginning so take back what another order sold',
  'cancel-negative': 'yes: a negative quantity takes something back (no)',
  services: 'article numbers that are no goods, such as postage, with spaces between',
}

/** For the help of the command. */
export const mappingHelp = Object.entries(about)
  .map(([name, what]) => `  ${name.padEnd(17)} ${what}`)
  .join('\n')
