import type { Tx } from '@souk/postgres'
import { errors } from './errors.ts'
import type { Kind } from './kinds.ts'
import type { Channel } from './message.ts'
import { faultsOfTemplate, type Template } from './render.ts'
import { publishTemplate, type TemplateRow, templatesFor } from './templates.sql.ts'
import { builtIn, type Language } from './wording/index.ts'

/** Stands for the shop of templates that are everybody's. */
export const everyShop = '00000000-0000-0000-0000-000000000000'

/** A channel without words of its own borrows those of the one it resembles. */
const likeOther: Partial<Record<Channel, Channel>> = { inbox: 'email', whatsapp: 'sms', push: 'sms' }

export type Wanted = { shopId: string | null; kind: Kind; channel: Channel; language: Language; atMs: number }

export type Library = {
  /** The words that were in force then: the reader's language before English, the shop's own before everybody's. */
  find(wanted: Wanted): Template & { version: number; language: Language }
}

/** Everything needed to find the words of these messages: one statement. */
export async function openLibrary(tx: Tx, wanted: readonly { shopId: string | null; kind: Kind }[]): Promise<Library> {
  const shops = wanted.flatMap(({ shopId }) => shopId ?? [])
  const rows =
    wanted.length === 0
      ? []
      : await templatesFor(
          tx,
          [everyShop, ...shops],
          wanted.map(({ kind }) => kind),
        )
  const published = Map.groupBy(rows, (row) => keyOf(row.shop_id, row.kind, row.channel, row.language))
  const inForce = (owner: string, wish: Wanted, channel: Channel, language: Language) =>
    published.get(keyOf(owner, wish.kind, channel, language))?.find((row) => row.published_at.getTime() <= wish.atMs)

  return {
    find(wish) {
      for (const language of new Set<Language>([wish.language, 'en'])) {
        for (const owner of [wish.shopId ?? everyShop, everyShop])
          for (const channel of [wish.channel, likeOther[wish.channel] ?? wish.channel]) {
            const found = inForce(owner, wish, channel, language)
            if (found !== undefined) return { ...found, language }
          }
        if (language === wish.language) return { ...builtIn(wish.kind, wish.channel, language), version: 1, language }
      }
      return { ...builtIn(wish.kind, wish.channel, 'en'), version: 1, language: 'en' }
    },
  }
}

const keyOf = (...parts: string[]) => parts.join(' ')

export type Publication = {
  shopId: string
  kind: Kind
  channel: Channel
  language: Language
  template: Template
  publishedBy: string
  at: Date
}

/** A new version, in force for what is recorded from now on. @throws template-refused when it cannot be rendered. */
export async function publish(tx: Tx, wish: Publication): Promise<TemplateRow> {
  assertRenders(wish)
  return await publishTemplate(tx, {
    shop_id: wish.shopId,
    kind: wish.kind,
    channel: wish.channel,
    language: wish.language,
    subject: wish.template.subject,
    body: wish.template.body,
    published_by: wish.publishedBy,
    published_at: wish.at,
  })
}

export function assertRenders({
  kind,
  channel,
  language,
  template,
}: Omit<Publication, 'shopId' | 'publishedBy' | 'at'>) {
  const faults = faultsOfTemplate(kind, channel, template, language)
  if (faults.length > 0)
    throw errors.error('template-refused', `The template cannot be rendered: ${faults[0]}`, { faults })
}
