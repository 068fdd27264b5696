import type { Tx } from '@souk/postgres'
import { type Kind, kindNumbered, type Values } from './kinds.ts'
import { type Channel, channelNumbered, type MessageState, orderNumber, recordedAtMs } from './message.ts'
import type { MessageRow } from './messages.sql.ts'
import { type Recipient, recipientsOf, shopsWith } from './recipients.sql.ts'
import { type Rendered, render, type Template } from './render.ts'
import { openLibrary } from './templates.ts'
import { builtIn, type Language, languageOf } from './wording/index.ts'

/** A message as somebody reads it. */
export type ReadMessage = {
  messageId: string
  customerId: string
  kind: Kind
  channel: Channel
  state: MessageState
  orderId: string | null
  shopId: string | null
  recordedAtMs: number
  sentAtMs: number | null
  /** When its provider says it arrived; in the inbox at once. */
  arrivedAtMs: number | null
  attempts: number
  /** By whom it was sent, or why it was not. */
  detail: string | null
  language: Language
  rendered: Rendered
  recipient: Recipient | undefined
  shopName: string
}

export const stateOf = (row: MessageRow): MessageState => {
  if (row.state !== null) return row.state
  if (row.channel === 0) return 'delivered'
  if (row.receipt !== null) return row.receipt === 'bounced' ? 'bounced' : 'delivered'
  if (row.sent_at !== null) return 'sent'
  return row.outcome?.startsWith('discarded') ? 'discarded' : 'replaced'
}

const arrivedAtMs = (row: MessageRow, recordedMs: number): number | null => {
  if (row.channel === 0) return recordedMs
  return row.receipt === null || row.receipt === 'bounced' ? null : (row.receipt_at?.getTime() ?? null)
}

/** By whom it was sent, and why it came back. */
export const detailOf = ({ outcome, receipt, receipt_detail: said }: MessageRow): string | null =>
  receipt === 'bounced'
    ? [outcome, `came back${said === null || said === '' ? '' : ` (${said})`}`].filter(Boolean).join(', ')
    : outcome

/** Everything a text needs beside what its message keeps. */
export function valuesOf(
  row: Pick<MessageRow, 'about_id' | 'parameters'>,
  names: { customer: string; shop: string },
): Values {
  return {
    ...names,
    ...(row.about_id !== null && { order: orderNumber(row.about_id) }),
    ...row.parameters,
  }
}

/** A message whose words fail with its values is told in those the program brings: never hidden, and in nobody's way. */
function inWords(kind: Kind, found: Template & { language: Language }, values: Values, channel: Channel): Rendered {
  for (const template of [found, builtIn(kind, channel, found.language)])
    try {
      return render(kind, template, values, found.language)
    } catch {
      // The next words, then.
    }
  return { subject: kind, text: kind, html: `<p>${kind}</p>`, values: {} }
}

/**
 * Put messages into words, each in its reader's language and with the template that was in force when it was recorded:
 * three statements whatever the number.
 *
 * @param as put into words as if it went by this channel.
 */
export async function readMessages(tx: Tx, rows: readonly MessageRow[], as?: Channel): Promise<ReadMessage[]> {
  if (rows.length === 0) return []
  const recipients = await recipientsOf(
    tx,
    rows.map((row) => row.customer_id),
  )
  const shops = await shopsWith(
    tx,
    rows.flatMap((row) => row.shop_id ?? []),
  )
  const library = await openLibrary(
    tx,
    rows.map((row) => ({ shopId: row.shop_id, kind: kindNumbered(row.kind) })),
  )
  const recipientOf = new Map(recipients.map((row) => [row.account_id, row]))
  const shopOf = new Map(shops.map((row) => [row.shop_id, row.name]))
  return rows.map((row) => {
    const kind = kindNumbered(row.kind)
    const channel = channelNumbered(row.channel)
    const recipient = recipientOf.get(row.customer_id)
    const atMs = recordedAtMs(row.id)
    const shopName = (row.shop_id !== null && shopOf.get(row.shop_id)) || 'Souk'
    const found = library.find({
      shopId: row.shop_id,
      kind,
      channel: as ?? channel,
      language: languageOf(recipient?.language ?? 'en'),
      atMs,
    })
    const values = valuesOf(row, { customer: recipient?.name ?? '', shop: shopName })
    return {
      messageId: row.id,
      customerId: row.customer_id,
      kind,
      channel,
      state: stateOf(row),
      orderId: row.about_id,
      shopId: row.shop_id,
      recordedAtMs: atMs,
      sentAtMs: row.sent_at?.getTime() ?? null,
      arrivedAtMs: arrivedAtMs(row, atMs),
      attempts: row.attempts ?? (row.sent_at === null ? 0 : 1),
      detail: row.cause ?? detailOf(row),
      language: found.language,
      rendered: inWords(kind, found, values, as ?? channel),
      recipient,
      shopName,
    }
  })
}
