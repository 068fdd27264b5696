import { hash, pictureSeed, type ShapeName } from './pictures/index.ts'
import { type Family, type OptionSpec, rows, type Trade } from './trade.ts'
import type { Currency, DemoProduct, DemoVariant } from './types.ts'

/** `Crème brûlée, 2 pc.` becomes `creme-brulee-2-pc`. */
export const slugOf = (text: string): string =>
  text
    .normalize('NFKD')
    .replace(/[\u0300-\u036f'’]/g, '')
    .replace(/ß/g, 'ss')
    .replace(/ø/gi, 'o')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '')

const minorDigits: Record<Currency, number> = { EUR: 2, GBP: 2, JPY: 0 }

/**
 * `written` is the price in the shop's own table, kept to the cent. Multiplied by a `factor` it becomes round enough
 * to read on a ticket, and a price that ended in 99 does so again.
 */
const ticketPrice = (written: number, factor: number, currency: Currency): number => {
  const minor = Math.round(written * 10 ** minorDigits[currency])
  if (factor === 1) return minor
  const raised = minor * factor
  if (minor % 100 === 99) return Math.ceil(raised / 100) * 100 - 1
  const step = currency === 'JPY' ? (raised < 5000 ? 10 : 100) : raised < 2000 ? 10 : raised < 10_000 ? 50 : 100
  return Math.round(raised / step) * step
}

type Choice = { optionValues: Record<string, string>; price: number; weight: number }

/** Every combination of option values, the first option changing slowest. */
const combinations = (options: readonly OptionSpec[]): Choice[] =>
  options.reduce<Choice[]>(
    (choices, option) =>
      choices.flatMap((choice) =>
        option.values.map((value) => {
          const [name, price = 1, weight = 1] = typeof value === 'string' ? [value] : value
          return {
            optionValues: { ...choice.optionValues, [option.name]: name },
            price: choice.price * price,
            weight: choice.weight * weight,
          }
        }),
      ),
    [{ optionValues: {}, price: 1, weight: 1 }],
  )

/** About one variant in thirty is sold out, as on any real shelf. */
const shelved = (sku: string, [fewest, most]: Trade['shelf']): number =>
  hash(`${sku}/sold out`) % 30 === 0 ? 0 : fewest + (hash(sku) % (most - fewest + 1))

const statusOf = (key: string): DemoProduct['status'] => {
  const share = hash(`${key}/status`) % 100
  return share < 3 ? 'draft' : share < 6 ? 'archived' : 'active'
}

const pictureUrl = (shape: ShapeName, identity: string, tint?: string) =>
  `/v1/pictures/${pictureSeed(shape, identity, tint)}.svg`

type Line = {
  title: string
  price: number
  factor: number
  grams: number
  sentences: string[]
  tint: string | undefined
}

const linesOf = (family: Family): Line[] =>
  rows(family.items).flatMap(([item = '', price, grams, sentence = '', tint]) => {
    const plain = {
      price: Number(price),
      factor: 1,
      grams: Number(grams),
      sentences: [sentence],
      tint: tint ?? family.tint,
    }
    if (!family.kinds) return [{ ...plain, title: item }]
    return rows(family.kinds).map(([kind = '', factor, about = '', kindTint]) => ({
      ...plain,
      title: (family.title ?? '{kind} {item}').replace('{item}', item).replace('{kind}', kind),
      factor: Number(factor),
      sentences: [sentence, about],
      tint: kindTint ?? plain.tint,
    }))
  })

/** All products of one shop, in the order its families list them. */
export const productsOf = (trade: Trade): DemoProduct[] => {
  const { shop, skuPrefix, shelf } = trade
  const lines = trade.families.flatMap((family) => linesOf(family).map((line) => ({ family, line })))
  return lines.map(({ family, line }, index) => {
    const slug = slugOf(line.title)
    const key = `${shop.key}-${slug}`
    const number = `${skuPrefix}-${String(index + 1).padStart(3, '0')}`
    const options = family.options ?? []
    const variants = combinations(options).map((choice): DemoVariant => {
      const sku = [number, ...Object.values(choice.optionValues).map((value) => slugOf(value).toUpperCase())].join('-')
      return {
        sku,
        optionValues: choice.optionValues,
        priceMinor: ticketPrice(line.price, line.factor * choice.price, shop.currency),
        weightGrams: Math.max(1, Math.round(line.grams * choice.weight)),
        onHand: shelved(sku, shelf),
      }
    })
    const views = hash(`${key}/views`) % 3 === 0 ? [key, `${key}/2`] : [key]
    return {
      key,
      shopKey: shop.key,
      categoryKeys: family.alsoIn ? [family.category, family.alsoIn] : [family.category],
      title: line.title,
      slug,
      description: [...line.sentences, family.closing].join(' '),
      tags: [...family.tags],
      status: statusOf(key),
      options: options.map(({ name, values }) => ({
        name,
        values: values.map((value) => (typeof value === 'string' ? value : value[0])),
      })),
      pictures: views.map((view) => ({
        url: pictureUrl(family.shape, view, line.tint),
        alt: `Illustration: ${line.title}`,
      })),
      variants,
    }
  })
}

/** The picture over a shop's door. */
export const shopPictureUrl = (trade: Trade): string => pictureUrl(trade.shop.shape, `shop/${trade.shop.key}`)
