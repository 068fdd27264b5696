import { createHash } from 'node:crypto'
import { channels, type InboxMessage, isChannel, isKind, kindNames, readInbox } from '@souk/notifications'
import { isUuid } from '@souk/postgres'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { House } from './house.ts'
import { inboxPage, inboxStyle, type Look, looks } from './inbox-page.ts'

const styleHash = createHash('sha256').update(inboxStyle).digest('base64')
const common = {
  'content-type': 'text/html; charset=utf-8',
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'cache-control': 'no-store',
}
const pageHeaders = {
  ...common,
  'content-security-policy': `default-src 'none'; style-src 'sha256-${styleHash}'; frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'`,
  'x-frame-options': 'DENY',
}
/** A mail is styled in place, and loads nothing, runs nothing, sends nothing. */
const mailHeaders = {
  ...common,
  'content-security-policy': `default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'; sandbox allow-popups allow-popups-to-escape-sandbox`,
  'x-frame-options': 'SAMEORIGIN',
}

const pageSize = 40
/** Which channel's words each look shows. */
const wordsOf: Readonly<Record<Look, 'email' | 'sms' | 'push'>> = {
  mail: 'email',
  text: 'email',
  sms: 'sms',
  push: 'push',
}

const loopback = /^(127(\.\d{1,3}){3}|localhost|\[?::1\]?)$/i
export const isLoopback = (host: string): boolean => loopback.test(host)

/**
 * Whether the inbox may be shown: everybody's messages are on it, so never to other machines. `asked` is the setting,
 * undefined when nobody chose.
 */
export const mayShowInbox = (
  settings: { SOUK_INBOX: boolean | undefined; SOUK_HOST: string; SOUK_TRUST_PROXY: number | readonly string[] },
  usually: boolean,
): boolean => (settings.SOUK_INBOX ?? usually) && isLoopback(settings.SOUK_HOST) && settings.SOUK_TRUST_PROXY === 0

/** Asked by this machine under its own name: a page elsewhere that points its name at us, or a proxy, is not. */
function isLocal({ headers, ip }: FastifyRequest): boolean {
  const [, name = ''] = /^(\[[^\]]+\]|[^:]+)(:\d+)?$/.exec(headers.host ?? '') ?? []
  const forwarded = headers['x-forwarded-for'] ?? headers.forwarded ?? headers.via
  return isLoopback(name) && (isLoopback(ip) || ip === '::ffff:127.0.0.1') && forwarded === undefined
}

/** The page at `/inbox`, for whoever develops here: what people were told, as they see it. */
export function serveInbox(app: FastifyInstance, house: Pick<House, 'running' | 'clock'>): void {
  const service = house.running.services.find(({ definition }) => definition.name === 'notifications')
  if (service === undefined) return
  const inbox = readInbox({ db: service.db, clock: house.clock })
  const find = (handle: string, look: Look): Promise<InboxMessage | undefined> => {
    const [customerId = '', id = ''] = handle.split('.')
    return isUuid(customerId) && isUuid(id) ? inbox.find(customerId, id, wordsOf[look]) : Promise.resolve(undefined)
  }

  app.get('/inbox', { config: { access: 'public' } }, async (request, reply) => {
    if (!isLocal(request)) return reply.callNotFound()
    const query = request.query as Record<string, unknown>
    const asked = (name: string) => (typeof query[name] === 'string' ? query[name].trim().slice(0, 400) : '')
    const [to, kind, channel, before] = ['to', 'kind', 'channel', 'before'].map(asked) as [
      string,
      string,
      string,
      string,
    ]
    const look = looks.find((each) => each === asked('look')) ?? 'mail'
    const customerId = to === '' ? undefined : await inbox.whoIs(to)
    const unknown = to !== '' && customerId === undefined
    const messages = unknown
      ? []
      : await inbox.latest({
          limit: pageSize + 1,
          ...(customerId !== undefined && { customerId }),
          ...(isKind(kind) && { kind }),
          ...(isChannel(channel) && { channel }),
          ...(isUuid(before) && { before }),
        })
    const listed = messages.slice(0, pageSize)
    const page = inboxPage({
      messages: listed,
      opened: await find(asked('open'), look),
      look,
      filter: { to, kind: isKind(kind) ? kind : '', channel: isChannel(channel) ? channel : '' },
      unknown,
      kinds: kindNames,
      channels,
      before: messages.length > pageSize ? listed.at(-1)?.messageId : undefined,
      at: house.clock(),
    })
    return send(reply, pageHeaders, page)
  })

  app.get<{ Params: { customerId: string; id: string } }>(
    '/inbox/mail/:customerId/:id',
    { config: { access: 'public' } },
    async (request, reply) => {
      if (!isLocal(request)) return reply.callNotFound()
      const message = await find(`${request.params.customerId}.${request.params.id}`, 'mail')
      if (message === undefined) return reply.callNotFound()
      // Its links are ours to mark: every element of a mail is made by us.
      return send(reply, mailHeaders, message.mailHtml.replaceAll('<a ', '<a target="_blank" '))
    },
  )
}

const send = (reply: FastifyReply, headers: Record<string, string>, page: string) => reply.headers(headers).send(page)
