import sendgrid from '@sendgrid/mail'
import {
  callTimeoutMs,
  type Outcome,
  type Outgoing,
  oneByOne,
  outcomeOfFetchError,
  type Provider,
  ProviderAway,
} from '../channel.ts'
import type { Settings } from './index.ts'

type Library = {
  MailService: new () => typeof sendgrid & { client: { setDefaultRequest(name: string, value: unknown): void } }
}

type SendGridError = {
  code?: number | string
  response?: { headers?: Record<string, string>; body?: { errors?: { message?: string; field?: string | null }[] } }
}

/**
 * E-mail through SendGrid, a hundred in one call: each is a personalisation with its own words. It knows no key for
 * repeats; ours travels as `message_id` and in the Message-ID.
 */
export function openSendGrid(
  settings: Pick<Settings, 'SENDGRID_API_KEY' | 'SENDGRID_URL' | 'MAIL_FROM' | 'EMAILS_PER_SECOND'>,
): Provider {
  // One of our own: the one the library exports is shared by whoever loads it.
  const mail = new (sendgrid as unknown as Library).MailService()
  mail.setApiKey(settings.SENDGRID_API_KEY ?? '')
  mail.client.setDefaultRequest('baseUrl', `${settings.SENDGRID_URL}/`)
  mail.setTimeout(callTimeoutMs)
  mail.setSubstitutionWrappers('-souk-', '-')

  const post = async (batch: readonly Outgoing[]): Promise<string> => {
    const [answer] = await mail.send({
      from: settings.MAIL_FROM,
      subject: '-souk-subject-',
      content: [
        { type: 'text/plain', value: '-souk-text-' },
        { type: 'text/html', value: '-souk-html-' },
      ],
      personalizations: batch.map((message) => ({
        to: [{ email: message.to }],
        substitutions: { subject: message.subject, text: message.text, html: message.html },
        customArgs: { message_id: message.messageId },
      })),
      categories: ['souk'],
      headers: { 'Auto-Submitted': 'auto-generated' },
    } as never)
    return String((answer.headers as Record<string, string>)['x-message-id'] ?? '')
  }

  const sendTogether = async (batch: readonly Outgoing[]): Promise<Outcome[]> => {
    try {
      const reference = await post(batch)
      return batch.map(() => ({ kind: 'sent', reference }))
    } catch (error) {
      const outcome = outcomeOf(error as SendGridError)
      // It refuses a call whole: which message it was about is found by asking for each alone.
      if (outcome.kind === 'refused' && batch.length > 1)
        return await oneByOne(batch, 5, async (message) => (await sendTogether([message]))[0] as Outcome)
      return batch.map(() => outcome)
    }
  }
  return {
    name: 'sendgrid',
    channel: 'email',
    perSecond: settings.EMAILS_PER_SECOND,
    send: (batch) => sendTogether(batch),
  }
}

function outcomeOf(error: SendGridError): Outcome {
  const status = Number(error.code)
  if (!(status >= 400)) return outcomeOfFetchError('sendgrid', error)
  const field = error.response?.body?.errors?.[0]?.field ?? 'the request'
  const cause = `${status} about ${String(field)
    .replace(/[^\w.]/g, '')
    .slice(0, 60)}`
  if (status === 429) {
    const resetAt = Number(error.response?.headers?.['x-ratelimit-reset'])
    const waitMs = resetAt * 1_000 - Date.now()
    throw new ProviderAway('sendgrid', 'too many requests', waitMs > 0 && waitMs < 600_000 ? waitMs : 1_000)
  }
  if (status === 401 || status === 403) throw new ProviderAway('sendgrid', `it refuses our credentials (${status})`)
  if (status >= 500) return { kind: 'later', cause }
  return { kind: 'refused', cause }
}
