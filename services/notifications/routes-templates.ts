import { created, mayActFor, ok, type Principal, type Route, route } from '@souk/http'
import { violates } from '@souk/postgres'
import { errors } from './errors.ts'
import { allKinds, faultsIn, type Kind, samplesOf } from './kinds.ts'
import { mailHtml } from './mail.ts'
import type { Channel } from './message.ts'
import { shopsWith } from './recipients.sql.ts'
import { render } from './render.ts'
import type { RouteDeps } from './routes-messages.ts'
import * as shapes from './schemas.ts'
import { valuesFrom } from './send-message.ts'
import { assertRenders, everyShop, openLibrary, publish } from './templates.ts'
import { currentTemplates, type TemplateRow, versionsOf } from './templates.sql.ts'
import { builtIn, type Language, languages } from './wording/index.ts'

const tag = 'Notifications'
const access = { duty: 'settings' } as const

const shapeOf = (row: TemplateRow) => ({
  kind: row.kind,
  channel: row.channel,
  language: row.language,
  version: row.version,
  shopId: row.shop_id === everyShop ? null : row.shop_id,
  subject: row.subject,
  body: row.body,
  publishedAt: row.published_at.toISOString(),
})
const builtInShape = (kind: Kind, channel: Channel, language: Language) => ({
  kind,
  channel,
  language,
  version: 1,
  shopId: null,
  ...builtIn(kind, channel, language),
  publishedAt: null,
})

/** Whose words: a shop's by whoever keeps its settings, everybody's by operators. @throws template-shop-not-found */
function ownerOf(me: Principal, shopId: string | undefined): string {
  if (shopId === undefined ? me.permissions.has('operator') : mayActFor(me, shopId, 'settings'))
    return shopId ?? everyShop
  throw errors.error('template-shop-not-found', 'Name a shop whose settings you keep.')
}

export const templateRoutes = (deps: RouteDeps): Route[] => [
  route({
    method: 'GET',
    url: '/v1/notifications/templates',
    operationId: 'listTemplates',
    summary: 'The words messages are written in',
    description:
      'The latest version of each: those published by the shop (or for the whole marketplace), and where there is none ' +
      'the words the program brings. Inbox resembles e-mail, WhatsApp and push resemble text messages until they have words of their own.',
    tag,
    access,
    query: shapes.OwnerQuery,
    answers: { 200: shapes.TemplateList },
    errors: ['template-shop-not-found'],
    async handle({ me, query }) {
      const own = await currentTemplates(deps.db.autocommit, ownerOf(me, query.shopId))
      const has = new Set(own.map((row) => `${row.kind} ${row.channel} ${row.language}`))
      const brought = allKinds.flatMap((kind) =>
        (['email', 'sms'] as const).flatMap((channel) =>
          languages
            .filter((language) => !has.has(`${kind} ${channel} ${language}`))
            .map((language) => builtInShape(kind, channel, language)),
        ),
      )
      return ok({ items: [...own.map(shapeOf), ...brought] })
    },
  }),
  route({
    method: 'GET',
    url: '/v1/notifications/templates/:kind/versions',
    operationId: 'listTemplateVersions',
    summary: 'Every version of a template',
    description: 'The newest first. A message keeps the words that were in force when it was recorded.',
    tag,
    access,
    params: shapes.KindParams,
    query: shapes.VersionsQuery,
    answers: { 200: shapes.TemplatePage },
    errors: ['template-shop-not-found'],
    async handle({ me, params, query }) {
      const { channel, language, limit } = query
      const before = Number(Buffer.from(query.cursor ?? '', 'base64url').toString()) || 2_147_483_647
      const about = { shopId: ownerOf(me, query.shopId), kind: params.kind, channel, language }
      const rows = await versionsOf(deps.db.autocommit, about, Math.min(before, 2_147_483_647), limit + 1)
      const all = [...rows.map(shapeOf), ...(before > 1 ? [builtInShape(params.kind, channel, language)] : [])]
      const items = all.slice(0, limit)
      const more = all.length > limit ? Buffer.from(String(items.at(-1)?.version)).toString('base64url') : null
      return ok({ items, nextCursor: more })
    },
  }),
  route({
    method: 'POST',
    url: '/v1/notifications/templates/:kind',
    operationId: 'publishTemplate',
    summary: 'Publish a new version of a template',
    description:
      'ICU messages with the parameters of the kind, in a small markup: paragraphs, # heading, **bold**, [label](address). ' +
      'It is tried with sample values first, and refused when it cannot be rendered.',
    tag,
    access,
    params: shapes.KindParams,
    body: shapes.Publish,
    answers: { 201: shapes.TemplateShape },
    errors: ['template-refused', 'template-shop-not-found', 'template-changed'],
    async handle(request) {
      const { me, params, body } = request
      const shopId = ownerOf(me, body.shopId)
      try {
        return await request.once(deps.db, async (tx) =>
          created(
            shapeOf(
              await publish(tx, {
                shopId,
                kind: params.kind,
                channel: body.channel,
                language: body.language,
                template: { subject: body.subject, body: body.body },
                publishedBy: me.accountId,
                at: deps.clock(),
              }),
            ),
          ),
        )
      } catch (error) {
        if (!violates(error, 'templates_pkey')) throw error
        throw errors.error('template-changed', 'Somebody published another version at the same moment.')
      }
    },
  }),
  route({
    method: 'POST',
    url: '/v1/notifications/templates/:kind/preview',
    operationId: 'previewTemplate',
    summary: 'See a message as it would be read',
    description:
      'With the words given, or those in force; with the parameters given, or with samples. Nothing is kept.',
    tag,
    access,
    idempotency: 'none',
    params: shapes.KindParams,
    body: shapes.Preview,
    answers: { 200: shapes.Previewed },
    errors: ['template-refused', 'template-shop-not-found', 'message-unclear'],
    async handle({ me, params, body }) {
      const { kind } = params
      const { channel, language } = body
      const shopId = ownerOf(me, body.shopId)
      const { autocommit } = deps.db
      const library = await openLibrary(autocommit, [{ shopId, kind }])
      const found = library.find({ shopId, kind, channel, language, atMs: deps.clock().getTime() })
      const own = body.subject !== undefined || body.body !== undefined
      const template = { subject: body.subject ?? found.subject, body: body.body ?? found.body }
      if (own) assertRenders({ kind, channel, language, template })
      const values = body.parameters === undefined ? (samplesOf(kind)[0] ?? {}) : valuesFrom(kind, body.parameters)
      const faults = faultsIn(kind, values)
      if (faults.length > 0)
        throw errors.error('message-unclear', `It cannot be shown with these values: ${faults[0]}.`, { faults })
      const [shop] = await shopsWith(autocommit, [shopId])
      const name = shop?.name ?? 'Souk'
      const inLanguage = own ? language : found.language
      const made = render(kind, template, { customer: 'Ada Lovelace', shop: name, ...values }, inLanguage)
      return ok({
        language: inLanguage,
        version: own ? 0 : found.version,
        subject: made.subject,
        text: made.text,
        html: mailHtml(made, name, inLanguage),
      })
    },
  }),
]
