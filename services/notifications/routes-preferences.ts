import { httpErrors, ok, type Route, route } from '@souk/http'
import { errors } from './errors.ts'
import { allKinds, type Kind, kindOf } from './kinds.ts'
import type { Channel } from './message.ts'
import { channelsFor, inOrder } from './preferences.ts'
import { type Recipient, recipientsOf, savePreferences } from './recipients.sql.ts'
import type { RouteDeps } from './routes-messages.ts'
import { Preferences, ShownPreferences } from './schemas.ts'
import { languageOf } from './wording/index.ts'

const tag = 'Notifications'
const url = '/v1/notifications/preferences'

const shapeOf = (recipient: Omit<Recipient, 'account_id' | 'name' | 'version'>) => ({
  language: languageOf(recipient.language),
  email: recipient.email,
  phone: recipient.phone,
  pushToken: recipient.push_token,
  kinds: allKinds.map((kind) => ({
    kind,
    channels: channelsFor(recipient, kind),
    transactional: kindOf(kind).transactional,
    chosen: recipient.channels?.[kind] !== undefined,
  })),
})
const nobody = { email: null, language: 'en', phone: null, push_token: null, channels: null }

/** How somebody wants to be told, and where. */
export const preferenceRoutes = (deps: RouteDeps): Route[] => [
  route({
    method: 'GET',
    url,
    operationId: 'getNotificationPreferences',
    summary: 'How I am told what',
    description: 'For each kind the channels in order of preference: the inbox, then the first other that works.',
    tag,
    access: 'signed-in',
    answers: { 200: ShownPreferences },
    async handle({ me }) {
      const [recipient] = await recipientsOf(deps.db.autocommit, [me.accountId])
      return ok(shapeOf(recipient ?? nobody))
    },
  }),
  route({
    method: 'PUT',
    url,
    operationId: 'setNotificationPreferences',
    summary: 'Choose how I am told',
    description:
      'Replaces what was chosen before. Kinds left out are told as usual. What concerns an order always lies in the inbox.',
    tag,
    access: 'signed-in',
    // Repeating it changes nothing, and the answer names addresses: it is not kept.
    idempotency: 'none',
    body: Preferences,
    answers: { 200: ShownPreferences },
    errors: ['preference-refused'],
    handle: (request) =>
      request.once(deps.db, async (tx) => {
        const { me, body } = request
        const channels: Partial<Record<Kind, Channel[]>> = {}
        for (const { kind, channels: chosen } of body.kinds as { kind: Kind; channels: Channel[] }[]) {
          if (Object.hasOwn(channels, kind))
            throw errors.error('preference-refused', `${kind} is given twice: name each kind once.`)
          channels[kind] = inOrder(chosen)
        }
        const named = new Set(Object.values(channels).flat())
        if (body.phone === null && (named.has('sms') || named.has('whatsapp')))
          throw errors.error('preference-refused', 'Text messages and WhatsApp need a phone number.')
        if (body.pushToken === null && named.has('push'))
          throw errors.error('preference-refused', 'Push messages need the token of a device.')
        const saved = await savePreferences(
          tx,
          me.accountId,
          {
            language: body.language,
            phone: body.phone,
            push_token: body.pushToken,
            channels: Object.keys(channels).length === 0 ? null : channels,
          },
          deps.clock(),
        )
        // A token lives on for up to a second after its account was closed; nothing may be written down in it.
        if (saved === undefined) throw httpErrors.error('unauthenticated', 'This account was closed.')
        return ok(shapeOf(saved))
      }),
  }),
]
