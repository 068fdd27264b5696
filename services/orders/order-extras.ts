import { Type } from 'typebox'

/** Where goods go, and how. */
export type Address = {
  readonly name: string
  readonly line1: string
  readonly line2?: string
  readonly postalCode?: string
  readonly city: string
  readonly region?: string
  /** ISO 3166-1 alpha-2. */
  readonly country: string
  readonly phone?: string
}
export type Delivery = { readonly method: string; readonly address: Address }
export type Contact = { readonly name?: string; readonly email?: string; readonly phone?: string }

/** Added to the lines of an order, or taken off them. */
export type Adjustment = {
  readonly kind: string
  readonly label: string
  /** Negative when taken off. */
  readonly amountMinor: number
  readonly code?: string
}

/** A voucher as an order uses it. */
export type Use = {
  readonly voucherId: string
  readonly code: string
  /** 0: any number. */
  readonly usesPerCustomer: number
  readonly firstOrderOnly: boolean
}

export type LineShare = {
  readonly variantId: string
  readonly unitPriceMinor: number
  /** Taken off, not negative. */
  readonly discountMinor: number
  readonly taxMinor: number
  readonly shippingMinor: number
  /** What the customer pays for the line in all; refunds of the line add up to it. */
  readonly paidMinor: number
}

/** How the price of an order came about: the answer of promotions it was placed on. */
export type Pricing = {
  readonly quoteId: string
  readonly rulesVersion: number
  readonly validUntilMs: number
  readonly totalMinor: number
  readonly adjustments: readonly Adjustment[]
  /** One per line of the order, in their order. */
  readonly lines: readonly LineShare[]
  readonly taxes: readonly {
    readonly label: string
    readonly rateBasisPoints: number
    readonly included: boolean
    readonly netMinor: number
    readonly taxMinor: number
  }[]
  readonly uses: readonly Use[]
}

/** What few orders have. A plain order has none of it and costs nothing for it. */
export type OrderExtras = {
  readonly delivery?: Delivery
  readonly contact?: Contact
  readonly checkoutId?: string
  readonly pricing?: Pricing
}

/** As asked for, before it is priced. */
export type AskedExtras = Omit<OrderExtras, 'pricing'> & { readonly voucherCodes: readonly string[] }

/** Codes differ in letters and digits, not in case. */
export const voucherCode = (code: string): string => code.trim().toUpperCase()

/** Undefined when nothing of it was asked for, so that a plain order stays one. */
export function extrasOf(asked: {
  voucherCodes?: readonly string[] | undefined
  delivery?: { method?: string; address: Address } | undefined
  contact?: Contact | undefined
  checkoutId?: string | undefined
}): AskedExtras | undefined {
  const { voucherCodes = [], delivery, contact, checkoutId } = asked
  if (voucherCodes.length === 0 && delivery === undefined && contact === undefined && checkoutId === undefined)
    return undefined
  return {
    voucherCodes: [...new Set(voucherCodes.map(voucherCode))],
    ...(delivery !== undefined && { delivery: { method: delivery.method ?? 'standard', address: delivery.address } }),
    ...(contact !== undefined && { contact }),
    ...(checkoutId !== undefined && { checkoutId }),
  }
}

const closed = { additionalProperties: false }
const line = (minLength: number, maxLength: number) =>
  Type.String({ minLength, maxLength, pattern: '^[^\\u0000-\\u001f\\u007f\\ud800-\\udfff]*$' })
const minor = Type.Integer({ description: 'In minor units: 1999 is 19.99 EUR.' })

const AddressView = Type.Object(
  {
    name: line(1, 200),
    line1: line(1, 200),
    line2: Type.Optional(line(0, 200)),
    postalCode: Type.Optional(line(0, 20)),
    city: line(1, 100),
    region: Type.Optional(line(0, 100)),
    country: Type.String({ pattern: '^[A-Z]{2}$', description: 'ISO 3166-1 alpha-2: DE.' }),
    phone: Type.Optional(line(0, 40)),
  },
  closed,
)
const method = Type.String({
  pattern: '^[a-z][a-z0-9-]{0,30}$',
  description: 'One the shop offers; left out: standard.',
})

/** What an order may ask for beyond its lines. */
export const extrasBody = {
  voucherCodes: Type.Optional(
    Type.Array(Type.String({ minLength: 1, maxLength: 40, pattern: '^[A-Za-z0-9 _-]+$' }), {
      maxItems: 5,
      description: 'However their case. An order with a voucher that does not hold is refused, not placed without it.',
    }),
  ),
  delivery: Type.Optional(
    Type.Object(
      { method: Type.Optional(method), address: AddressView },
      { ...closed, description: 'Left out: handed over as agreed with the shop, nothing is sent and nothing charged.' },
    ),
  ),
  contact: Type.Optional(
    Type.Object(
      {
        name: Type.Optional(line(1, 200)),
        email: Type.Optional(Type.String({ format: 'email', maxLength: 254 })),
        phone: Type.Optional(line(1, 40)),
      },
      { ...closed, description: 'Whom to ask about the order.' },
    ),
  ),
}

const sums = { description: 'With the lines they add up to the total. Left out: the lines are all.' }

/** What an order shows of it; each is left out where there is nothing. */
export const extrasView = {
  adjustments: Type.Optional(
    Type.Array(
      Type.Object(
        {
          kind: Type.String({ description: 'discount, voucher, shipping, shipping-discount, tax.' }),
          label: Type.String(),
          amountMinor: Type.Integer({ description: 'Negative when taken off.' }),
          code: Type.Optional(Type.String()),
        },
        closed,
      ),
      sums,
    ),
  ),
  lineShares: Type.Optional(
    Type.Array(
      Type.Object(
        { variantId: Type.String(), discountMinor: minor, taxMinor: minor, shippingMinor: minor, paidMinor: minor },
        closed,
      ),
      { description: "Each line's part of the adjustments; what was paid for the lines adds up to the total." },
    ),
  ),
  taxes: Type.Optional(
    Type.Array(
      Type.Object(
        {
          label: Type.String(),
          rateBasisPoints: Type.Integer({ description: '1900 is 19 %.' }),
          included: Type.Boolean({ description: 'In the prices; otherwise it is an adjustment.' }),
          netMinor: minor,
          taxMinor: minor,
        },
        closed,
      ),
    ),
  ),
  delivery: Type.Optional(Type.Object({ method: Type.String(), address: AddressView }, closed)),
  contact: Type.Optional(
    Type.Object(
      {
        name: Type.Optional(Type.String()),
        email: Type.Optional(Type.String()),
        phone: Type.Optional(Type.String()),
      },
      closed,
    ),
  ),
  checkoutId: Type.Optional(Type.String()),
  quoteId: Type.Optional(Type.String({ description: 'Of the calculation the order was placed on.' })),
}

export function shownExtras(extras: OrderExtras | undefined) {
  if (extras === undefined) return undefined
  const { pricing, delivery, contact, checkoutId } = extras
  return {
    ...(pricing !== undefined && {
      adjustments: pricing.adjustments,
      lineShares: pricing.lines.map(({ variantId, discountMinor, taxMinor, shippingMinor, paidMinor }) => ({
        variantId,
        discountMinor,
        taxMinor,
        shippingMinor,
        paidMinor,
      })),
      taxes: pricing.taxes,
      quoteId: pricing.quoteId,
    }),
    ...(delivery !== undefined && { delivery }),
    ...(contact !== undefined && { contact }),
    ...(checkoutId !== undefined && { checkoutId }),
  }
}
