import { createTransport } from 'nodemailer'
import { callTimeoutMs, type Outcome, type Outgoing, oneByOne, type Provider, ProviderAway } from '../channel.ts'
import type { Settings } from './index.ts'

const atOnce = 5
/** Nobody was reached, or nobody who lets us in: nothing of any message was handed over. */
const unreached = new Set(['ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH', 'ENOTFOUND', 'EAI_AGAIN'])

type SmtpError = {
  code?: string
  originalCode?: string
  command?: string
  responseCode?: number
  response?: string
  message: string
}

/** E-mail through any server that speaks SMTP. The Message-ID is made of ours: a mail sent twice can be told by it. */
export function openSmtp(settings: Pick<Settings, 'SMTP_URL' | 'MAIL_FROM' | 'EMAILS_PER_SECOND'>): Provider {
  const transport = createTransport({
    url: settings.SMTP_URL,
    pool: true,
    maxConnections: atOnce,
    // Of itself it would hand a mail over up to five times more when a connection breaks, and tell nobody.
    maxRequeues: 0,
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

function outcomeOf({ code = '', originalCode = '', command = '', responseCode, message }: SmtpError): Outcome {
  // Its words may repeat the address: of an answer only the code and the stage are kept.
  const cause = responseCode === undefined ? originalCode || code || 'failed' : `${responseCode} at ${command}`
  const noGreeting = /^(Connection timeout|Greeting never received|Invalid greeting)/.test(message)
  if (['EAUTH', 'EDNS', 'ETLS'].includes(code) || unreached.has(originalCode) || noGreeting || responseCode === 421)
    throw new ProviderAway('smtp', cause)
  if (responseCode !== undefined) return { kind: responseCode >= 500 ? 'refused' : 'later', cause }
  if (code === 'EENVELOPE') return { kind: 'refused', cause: 'no such address' }
  return { kind: 'unknown', cause }
}
