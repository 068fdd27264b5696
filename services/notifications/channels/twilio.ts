import twilio from 'twilio'
import {
  callTimeoutMs,
  type Outcome,
  type Outgoing,
  oneByOne,
  outcomeOfFetchError,
  outcomeOfStatus,
  type Provider,
} from '../channel.ts'
import { twilioCallback } from '../routes-receipts.ts'
import type { Settings } from './index.ts'

const atOnce = 10

/** Text messages through Twilio. It knows no key for repeats: one whose answer was lost may be read twice. */
export function openTwilio(
  settings: Pick<
    Settings,
    'TWILIO_ACCOUNT_SID' | 'TWILIO_AUTH_TOKEN' | 'TWILIO_URL' | 'SMS_FROM' | 'SMS_PER_SECOND' | 'MESSAGES_PUBLIC_URL'
  >,
): Provider {
  const inner = new twilio.RequestClient({ timeout: callTimeoutMs })
  const base = new URL(settings.TWILIO_URL)
  const client = twilio(settings.TWILIO_ACCOUNT_SID, settings.TWILIO_AUTH_TOKEN, {
    // Its library builds the address itself; only the host is ours to say.
    httpClient: {
      request: (options: Parameters<typeof inner.request>[0]) =>
        inner.request({
          ...options,
          uri: String(options.uri).replace(/^https:\/\/api\.twilio\.com(:443)?/, base.origin),
        }),
    } as never,
  })
  const from = settings.SMS_FROM ?? ''
  const sender = from.startsWith('MG') ? { messagingServiceSid: from } : { from }

  async function sendOne(message: Outgoing): Promise<Outcome> {
    try {
      const statusCallback = twilioCallback(settings, message.messageId)
      const made = await client.messages.create({
        to: message.to,
        body: message.text.slice(0, 1_600),
        ...sender,
        ...(statusCallback !== undefined && { statusCallback }),
      })
      return { kind: 'sent', reference: made.sid }
    } catch (error) {
      const { status, code } = error as { status?: number; code?: number | string }
      if (typeof status !== 'number') return outcomeOfFetchError('twilio', error)
      return outcomeOfStatus('twilio', status, `error ${code ?? ''}`, null)
    }
  }
  return {
    name: 'twilio',
    channel: 'sms',
    perSecond: settings.SMS_PER_SECOND,
    send: (batch) => oneByOne(batch, atOnce, sendOne),
  }
}
