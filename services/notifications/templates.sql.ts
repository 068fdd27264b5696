import { sql, type Tx, uuidArray } from '@souk/postgres'

export type TemplateRow = {
  shop_id: string
  kind: string
  channel: string
  language: string
  version: number
  subject: string
  body: string
  published_by: string
  published_at: Date
}

const columns = sql`shop_id, kind, channel, language, version, subject, body, published_by, published_at`

/** Everything published for these owners and kinds, the newest first. */
export const templatesFor = (tx: Tx, shopIds: readonly string[], kinds: readonly string[]) =>
  tx.many<TemplateRow>(sql`
    select ${columns} from templates
    where shop_id = any(${uuidArray([...new Set(shopIds)])}::uuid[]) and kind = any(${[...new Set(kinds)]}::text[])
    order by version desc`)

/** The latest of each. */
export const currentTemplates = (tx: Tx, shopId: string) =>
  tx.many<TemplateRow>(sql`
    select distinct on (kind, channel, language) ${columns} from templates where shop_id = ${shopId}
    order by kind, channel, language, version desc`)

export const versionsOf = (
  tx: Tx,
  about: { shopId: string; kind: string; channel: string; language: string },
  before: number,
  limit: number,
) =>
  tx.many<TemplateRow>(sql`
    select ${columns} from templates where shop_id = ${about.shopId} and kind = ${about.kind}
      and channel = ${about.channel} and language = ${about.language} and version < ${before}
    order by version desc limit ${limit}`)

/** The version after the last; 1 is the program's own. @throws 23505 when two publish at once. */
export const publishTemplate = (tx: Tx, row: Omit<TemplateRow, 'version'>) =>
  tx.one<TemplateRow>(sql`
    insert into templates (${columns})
    select ${row.shop_id}, ${row.kind}, ${row.channel}, ${row.language}, coalesce(max(version), 1) + 1, ${row.subject},
      ${row.body}, ${row.published_by}, ${row.published_at}
    from templates where shop_id = ${row.shop_id} and kind = ${row.kind} and channel = ${row.channel}
      and language = ${row.language}
    returning ${columns}`)
