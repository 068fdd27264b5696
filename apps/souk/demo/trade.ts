import type { ShapeName } from './pictures/index.ts'
import type { Currency, DemoShop } from './types.ts'

/** One choice a shopper makes. A value is `[name, price factor, weight factor]`; a bare name changes neither. */
export type OptionSpec = { name: string; values: readonly (string | readonly [string, number, number?])[] }

/** Products that belong together: every item, in every kind when there are kinds. */
export type Family = {
  category: string
  alsoIn?: string
  shape: ShapeName
  tint?: string
  tags: readonly string[]
  options?: readonly OptionSpec[]
  /** One a line: name | price in whole currency units | grams | a sentence | optional tint. */
  items: string
  /** One a line: name | price factor | a sentence | optional tint. */
  kinds?: string
  /** How an item and a kind make a title. `{item}` comes as written, `{kind}` too. */
  title?: string
  /** Ends every description in the family: what a shopkeeper would add about all of them. */
  closing: string
}

export type Trade = {
  shop: Omit<DemoShop, 'ownerKey' | 'pictureUrl'> & { shape: ShapeName; currency: Currency }
  /** Stock keeping units start with it. */
  skuPrefix: string
  /** What the shelf usually holds of one variant, fewest and most. */
  shelf: readonly [number, number]
  owner: string
  helper: string
  families: readonly Family[]
}

/** The cells of a table written one row a line, columns parted by `|`. */
export const rows = (table: string): string[][] =>
  table
    .trim()
    .split('\n')
    .map((line) => line.split('|').map((cell) => cell.trim()))
