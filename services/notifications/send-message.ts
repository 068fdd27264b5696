import type { Tx } from '@souk/postgres'
import { uuidv7 } from '@souk/postgres'
import { errors } from './errors.ts'
import { faultsIn, type Kind, type Value, type Values } from './kinds.ts'
import type { Priority } from './message.ts'
import { knownToShop } from './messages.sql.ts'
import { messageOf, type RecordDeps, recordTellings } from './record-messages.ts'
import { recipientsOf } from './recipients.sql.ts'

export type GivenParameter = {
  name: string
  text?: string
  count?: number
  amount?: { amountMinor: number; currency: string }
  at?: string
}

export type SendMessage = {
  /** Undefined: in the name of the marketplace. */
  shopId: string | undefined
  customerIds: readonly string[]
  kind?: Kind
  parameters?: readonly GivenParameter[]
  subject?: string
  text?: string
  priority?: Priority
}

/**
 * Tell customers something at a person's wish: all of them or none.
 * @throws recipient-not-found, message-unclear
 */
export async function sendMessage(tx: Tx, deps: RecordDeps, wish: SendMessage) {
  const { kind, values } = wordsOf(wish)
  const known =
    wish.shopId === undefined
      ? (await recipientsOf(tx, wish.customerIds)).map((row) => row.account_id)
      : await knownToShop(tx, wish.shopId, wish.customerIds)
  const unknown = wish.customerIds.filter((id) => !known.includes(id))
  if (unknown.length > 0)
    throw errors.error('recipient-not-found', `You may not write to ${unknown.length} of these customers.`, {
      customerIds: unknown,
    })
  const nowMs = deps.clock().getTime()
  const tellings = wish.customerIds.map((customerId) => ({
    kind,
    customerId,
    causeId: uuidv7(nowMs),
    occurredAtMs: nowMs,
    aboutId: null,
    shopId: wish.shopId ?? null,
    parameters: values,
    ...(wish.priority !== undefined && { priority: wish.priority }),
  }))
  await recordTellings(tx, deps, tellings)
  return tellings.map((telling) => ({ customerId: telling.customerId, messageId: messageOf(telling, 'inbox').id }))
}

function wordsOf(wish: SendMessage): { kind: Kind; values: Values } {
  const free = wish.subject !== undefined || wish.text !== undefined
  const kind = wish.kind ?? 'notice'
  const faults = free
    ? [
        ...(wish.subject === undefined || wish.text === undefined ? ['give both a subject and a text'] : []),
        ...(kind !== 'notice' || wish.parameters !== undefined
          ? ['a subject and a text go alone, without kind and parameters']
          : []),
      ]
    : []
  const values = free ? { title: wish.subject ?? '', text: wish.text ?? '' } : valuesFrom(kind, wish.parameters ?? [])
  faults.push(...faultsIn(kind, values))
  if (faults.length > 0) throw errors.error('message-unclear', `The message is not clear: ${faults[0]}.`, { faults })
  return { kind, values }
}

/** The one value each parameter was given. @throws message-unclear */
export function valuesFrom(kind: Kind, given: readonly GivenParameter[]): Values {
  const values: Record<string, Value> = {}
  const faults: string[] = []
  for (const { name, text, count, amount, at } of given) {
    const each: (Value | undefined)[] = [
      text,
      count,
      amount && { minor: amount.amountMinor, currency: amount.currency },
      at === undefined ? undefined : Date.parse(at),
    ]
    const [value, ...more] = each.filter((one) => one !== undefined)
    if (value === undefined || more.length > 0) faults.push(`${name}: give one of text, count, amount and at`)
    else if (Object.hasOwn(values, name)) faults.push(`${name} is given twice`)
    else Object.defineProperty(values, name, { value, enumerable: true, configurable: true })
  }
  if (faults.length > 0)
    throw errors.error('message-unclear', `The parameters of ${kind} are not clear: ${faults[0]}.`, { faults })
  return values
}
