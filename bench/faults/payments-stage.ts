import { setTimeout as sleep } from 'node:timers/promises'
import type { Target } from '../load/index.ts'
import { makeProduct, openShop, order, signIn, type Line } from './stage.ts'
import type { Venue } from './world.ts'

export type PaymentsStage = {
  shopId: string
  targets: (Target & { lines: Line[] })[]
  tokens: string[]
  accountIds: string[]
  /** Of whoever works for the shop; fetched anew before it expires. */
  clerkToken(): Promise<string>
  /** Units on the shelf before anybody came, by variant. */
  shelf: ReadonlyMap<string, number>
}

/** How customers pay, and how many of a hundred so. A card's token says what the provider does with it. */
const ways: readonly [share: number, paymentMethod: string, paymentToken?: string][] = [
  [20, 'cash-on-delivery'],
  [14, 'wallet'],
  [26, 'card', 'tok_ok'],
  [10, 'card'],
  [4, 'bank-transfer'],
  [3, 'card', 'tok_decline'],
  [2, 'card', 'tok_slow_300'],
  [1, 'card', 'tok_slow_1500'],
  [2, 'card', 'tok_charge_then_timeout'],
  [2, 'card', 'tok_charge_then_reset'],
  [2, 'card', 'tok_500_after'],
  [2, 'card', 'tok_nonsense'],
  [2, 'card', 'tok_webhook_twice'],
  [2, 'card', 'tok_webhook_out_of_order'],
  [2, 'card', 'tok_webhook_before_answer'],
  [2, 'card', 'tok_webhook_never'],
  [2, 'card', 'tok_wrong_amount'],
  [2, 'card', 'tok_async_1500'],
]

/** Those that never come to anything, and money that comes after the order has ended: only where there is time for it. */
const hopeless: typeof ways = [
  [1, 'card', 'tok_500_before'],
  [1, 'card', 'tok_429'],
  [1, 'card', 'tok_down'],
  [1, 'card', 'tok_async_75000'],
]

const unitsEach = 1_000_000

/** A shop, customers of whom two thirds have something in their wallets, and orders paid in every way there is. */
export async function setPaymentsStage(
  souk: Venue['souk'],
  { customers, withHopeless }: { customers: number; withHopeless: boolean },
): Promise<PaymentsStage> {
  const { api } = souk
  const shopId = await openShop(api, 'Rehearsal of payments')
  const shelf = new Map<string, number>()
  const variants: string[] = []
  for (const title of ['Paid cup', 'Paid plate', 'Paid lamp']) {
    const { variantId } = await makeProduct(api, shopId, title, unitsEach)
    variants.push(variantId)
    shelf.set(variantId, unitsEach)
  }
  const [cup = '', plate = '', lamp = ''] = variants
  const baskets: Line[][] = [
    [{ variantId: cup, quantity: 1 }],
    [{ variantId: plate, quantity: 3 }],
    [
      { variantId: lamp, quantity: 2 },
      { variantId: cup, quantity: 1 },
    ],
  ]
  const targets = [...ways, ...(withHopeless ? hopeless : [])].flatMap(([share, paymentMethod, paymentToken], way) =>
    Array.from({ length: share }, (_, index) =>
      order(baskets[(way + index) % baskets.length] as Line[], { paymentMethod, paymentToken }),
    ),
  )
  const { tokens, accountIds } = await signIn(api, customers)
  for (const [index, accountId] of accountIds.entries())
    if (index % 3 !== 0)
      await api.post(`/v1/wallets/${accountId}/credits`, { amountMinor: 20_000, currency: 'EUR', note: 'Rehearsal' })
  let token = ''
  let signedInAt = Number.NEGATIVE_INFINITY
  return {
    shopId,
    targets,
    tokens,
    accountIds,
    shelf,
    async clerkToken() {
      while (performance.now() - signedInAt > 300_000) {
        const answer = await fetch(`${souk.url}/v1/auth/login`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify(souk.operator),
          signal: AbortSignal.timeout(5_000),
        }).catch(() => undefined)
        const told = (await answer?.json().catch(() => undefined)) as { accessToken?: string } | undefined
        if (told?.accessToken !== undefined) {
          token = told.accessToken
          signedInAt = performance.now()
        } else await sleep(500)
      }
      return token
    },
  }
}
