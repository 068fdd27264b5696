import { integer, optional, text, url } from '@souk/service'

const perSecond = (usual: number, what: string) =>
  integer({ min: 1, max: 10_000, default: usual, help: `${what} a second at most, as agreed with the provider.` })
const secret = (help: string) => optional(text({ secret: true, help }))

/** A channel is open when its settings are there; without any, messages lie in the inbox and nowhere else. */
export const config = {
  MAIL_FROM: text({ default: 'Souk <souk@localhost>', help: 'Sender of e-mails.' }),
  SMTP_URL: optional(
    url({
      protocols: ['smtp', 'smtps'],
      secret: true,
      help: 'Where e-mails are handed in: smtp://user:password@host:587.',
    }),
  ),
  SENDGRID_API_KEY: secret('Sends e-mails through SendGrid; used instead of SMTP.'),
  SENDGRID_URL: url({
    protocols: ['https', 'http'],
    default: 'https://api.sendgrid.com',
    help: 'https://api.eu.sendgrid.com for data kept in the European Union.',
  }),
  SENDGRID_WEBHOOK_KEY: optional(
    text({ help: 'Public key of its signed event webhook: who tells us which e-mails arrived.' }),
  ),
  MESSAGES_PUBLIC_URL: optional(
    url({
      protocols: ['https', 'http'],
      help: 'Where providers reach this marketplace: https://souk.example. Twilio is told to report there.',
    }),
  ),
  TWILIO_ACCOUNT_SID: optional(
    text({ help: 'Sends text messages through Twilio, with TWILIO_AUTH_TOKEN and SMS_FROM.' }),
  ),
  TWILIO_AUTH_TOKEN: secret('Of that account.'),
  TWILIO_URL: url({ protocols: ['https', 'http'], default: 'https://api.twilio.com', help: 'Of the API of Twilio.' }),
  SMS_FROM: optional(text({ help: 'Sender of text messages: +491701234567, or the id of a messaging service (MG…).' })),
  WHATSAPP_TOKEN: secret('Sends through the WhatsApp Business Cloud API, with WHATSAPP_PHONE_ID.'),
  WHATSAPP_PHONE_ID: optional(text({ help: 'The id of our number there.' })),
  WHATSAPP_URL: url({
    protocols: ['https', 'http'],
    default: 'https://graph.facebook.com/v23.0',
    help: 'Of the Graph API, with its version.',
  }),
  WHATSAPP_APP_SECRET: secret('Of the app there: what its webhooks are signed with.'),
  WHATSAPP_VERIFY_TOKEN: secret('Made up by you and named there when the webhook is set up.'),
  WHATSAPP_TEMPLATE_PREFIX: text({
    default: 'souk_',
    help: 'Templates approved there are called so, with the kind after it: souk_order_confirmed.',
  }),
  FCM_SERVICE_ACCOUNT: secret('JSON of a service account: sends to phones through Firebase Cloud Messaging.'),
  FCM_URL: url({
    protocols: ['https', 'http'],
    default: 'https://fcm.googleapis.com',
    help: 'Of Firebase Cloud Messaging.',
  }),
  EMAILS_PER_SECOND: perSecond(50, 'E-mails'),
  SMS_PER_SECOND: perSecond(10, 'Text messages'),
  WHATSAPP_PER_SECOND: perSecond(20, 'WhatsApp messages'),
  PUSHES_PER_SECOND: perSecond(100, 'Push messages'),
  MESSAGES_KEPT_DAYS: integer({
    min: 7,
    max: 3_650,
    default: 90,
    help: 'How long messages are kept; whole months go at once.',
  }),
}
