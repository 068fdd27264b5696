import { createTransport } from 'nodemailer'
import { callTimeoutMs, type Outcome, type Outgoing, oneByOne, type Provider, ProviderAway } from '../channel.ts'
import type { Settings } from './index.ts'

const atOnce = 5
/** Stages in which nothing of the message has been handed over yet. */
const beforeMessage = new Set(['CONN', 'EHLO', 'HELO', 'STARTTLS', 'AUTH', 'AUTH PLAIN', 'AUTH LOGIN', 'API'])

type SmtpError = { code?: string; command?: string; responseCode?: number; response?: string; message: string }

/** E-mail through any server that speaks SMTP. The Message-ID is made of ours: a mail sent twice can be told by it. */
export function openSmtp(settings: Pick<Settings, 'SMTP_URL' | 'MAIL_FROM' | 'EMAILS_PER_SECOND'>): Provider {
  const transport = createTransport({
    url: settings.SMTP_URL,
    pool: true,
    maxConnections: atOnce,
    connectionTimeout: 5_000,
    greetingTimeout: 5_000,
    socketTimeout: callTimeoutMs,
    disableFileAccess: true,
    disableUrlAccess: true,
  } as never)
  const domain = /@([\w.-]+)/.exec(settings.MAIL_FROM)?.[1] ?? 'localhost'

  async function sendOne(message: Outgoing): Promise<Outcome> {
    try {
      const info = (await transport.sendMail({
        from: settings.MAIL_FROM,
        // As an object: an address is never taken apart into several.
        to: { name: '', address: message.to },
        messageId: `<${message.messageId}@${domain}>`,
        subject: message.subject,
        text: message.text,
        html: message.html,
        headers: { 'Auto-Submitted': 'auto-generated', 'X-Souk-Kind': message.kind },
      })) as { messageId: string }
      return { kind: 'sent', reference: info.messageId }
    } catch (error) {
      return outcomeOf(error as SmtpError)
    }
  }
  return {
    name: 'smtp',
    channel: 'email',
    perSecond: settings.EMAILS_PER_SECOND,
    send: (batch) => oneByOne(batch, atOnce, sendOne),
    close: async () => transport.close(),
  }
}

function outcomeOf({ code = '', command = '', responseCode, response = '', message }: SmtpError): Outcome {
  // Its words may repeat the address: of an answer only the code and the stage are kept.
  const cause = responseCode === undefined ? code || 'failed' : `${responseCode} at ${command}`
  if (code === 'EAUTH' || beforeMessage.has(command)) throw new ProviderAway('smtp', cause)
  if (['EDNS', 'ECONNECTION', 'ECONNREFUSED'].includes(code)) throw new ProviderAway('smtp', cause)
  if (responseCode === 421) throw new ProviderAway('smtp', cause)
  if (responseCode !== undefined) return { kind: responseCode >= 500 ? 'refused' : 'later', cause }
  if (code === 'EENVELOPE' || /recipients/i.test(response + message))
    return { kind: 'refused', cause: 'no such address' }
  return { kind: 'unknown', cause }
}
