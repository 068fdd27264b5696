import type { ParsedEnv } from '@souk/service'
import type { Provider } from '../channel.ts'
import type { config } from '../config.ts'
import type { Channel } from '../message.ts'

export type Settings = ParsedEnv<typeof config>

type Opening = { channel: Channel; open(): Promise<Provider> }

/** The ways out that these settings open, one provider each. Their libraries are loaded when the first message leaves. */
export function configuredChannels(settings: Settings): Opening[] {
  const openings: Opening[] = []
  if (settings.SENDGRID_API_KEY !== undefined)
    openings.push({ channel: 'email', open: async () => (await import('./sendgrid.ts')).openSendGrid(settings) })
  else if (settings.SMTP_URL !== undefined)
    openings.push({ channel: 'email', open: async () => (await import('./smtp.ts')).openSmtp(settings) })
  if (settings.TWILIO_ACCOUNT_SID && settings.TWILIO_AUTH_TOKEN && settings.SMS_FROM)
    openings.push({ channel: 'sms', open: async () => (await import('./twilio.ts')).openTwilio(settings) })
  if (settings.WHATSAPP_TOKEN && settings.WHATSAPP_PHONE_ID)
    openings.push({ channel: 'whatsapp', open: async () => (await import('./whatsapp.ts')).openWhatsApp(settings) })
  if (settings.FCM_SERVICE_ACCOUNT !== undefined)
    openings.push({ channel: 'push', open: async () => (await import('./fcm.ts')).openFcm(settings) })
  return openings
}
