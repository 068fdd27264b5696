import { type Database, isUuid } from '@souk/postgres'
import type { Kind } from './kinds.ts'
import { mailHtml, mailText } from './mail.ts'
import type { Channel } from './message.ts'
import { messagesWith } from './messages.sql.ts'
import { type ReadMessage, readMessages } from './read-messages.ts'
import { accountWithEmail } from './recipients.sql.ts'
import { recentRows } from './recent.ts'

export type InboxFilter = { kind?: Kind; channel?: Channel; customerId?: string; limit: number; before?: string }

export type InboxListed = ReadMessage
/** A message with everything its channel would send. */
export type InboxMessage = ReadMessage & {
  /** A whole mail, styled in place. */
  mailHtml: string
  mailText: string
}

/** For the page a developer opens: the latest messages, and one of them as any channel would show it. */
export const readInbox = ({ db, clock }: { db: Database; clock: () => Date }) => ({
  latest: async (filter: InboxFilter): Promise<InboxListed[]> =>
    await readMessages(db.autocommit, await recentRows(db.autocommit, clock(), filter)),
  async find(customerId: string, id: string, as?: Channel): Promise<InboxMessage | undefined> {
    const [message] = await readMessages(db.autocommit, await messagesWith(db.autocommit, [{ customerId, id }]), as)
    if (message === undefined) return undefined
    const { rendered, shopName, language } = message
    return { ...message, mailHtml: mailHtml(rendered, shopName, language), mailText: mailText(rendered, language) }
  },
  /** The account of an e-mail address, or the id itself. */
  whoIs: async (text: string): Promise<string | undefined> =>
    isUuid(text) ? text : (await accountWithEmail(db.autocommit, text.toLowerCase()))?.account_id,
})
