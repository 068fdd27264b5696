import {
  callTimeoutMs,
  type Outcome,
  type Outgoing,
  oneByOne,
  outcomeOfFetchError,
  outcomeOfStatus,
  type Provider,
} from '../channel.ts'
import type { Settings } from './index.ts'

const atOnce = 10
/** Of its error codes: no such number here, not allowed to write to it, an account that must not be written to. */
const refusals = new Set([131026, 131030, 131047, 131021, 131045, 131050])

/**
 * WhatsApp Business Cloud API. A business may open a conversation only with words approved beforehand, so it is sent the
 * name of a template and the values of the kind, in their order; docs/guides/messages.md says which to register.
 */
export function openWhatsApp(
  settings: Pick<
    Settings,
    'WHATSAPP_TOKEN' | 'WHATSAPP_PHONE_ID' | 'WHATSAPP_URL' | 'WHATSAPP_TEMPLATE_PREFIX' | 'WHATSAPP_PER_SECOND'
  >,
): Provider {
  const url = `${settings.WHATSAPP_URL}/${settings.WHATSAPP_PHONE_ID}/messages`
  const bodyOf = (message: Outgoing) => ({
    messaging_product: 'whatsapp',
    recipient_type: 'individual',
    to: message.to.slice(1),
    type: 'template',
    template: {
      name: `${settings.WHATSAPP_TEMPLATE_PREFIX}${message.kind.replaceAll('-', '_')}`,
      language: { code: message.language },
      components: [{ type: 'body', parameters: message.values.map((text) => ({ type: 'text', text: text || '-' })) }],
    },
    biz_opaque_callback_data: message.messageId,
  })

  async function sendOne(message: Outgoing): Promise<Outcome> {
    let answer: Response
    let body: { messages?: { id: string }[]; error?: { code?: number } }
    try {
      answer = await fetch(url, {
        method: 'POST',
        headers: { authorization: `Bearer ${settings.WHATSAPP_TOKEN}`, 'content-type': 'application/json' },
        body: JSON.stringify(bodyOf(message)),
        signal: AbortSignal.timeout(callTimeoutMs),
      })
      body = (await answer.json()) as typeof body
    } catch (error) {
      return outcomeOfFetchError('whatsapp', error)
    }
    if (answer.ok) return { kind: 'sent', reference: body.messages?.[0]?.id ?? '' }
    const code = body.error?.code ?? 0
    if (refusals.has(code)) return { kind: 'refused', cause: `error ${code}` }
    // 130429: over the limit; 131056: too much to this one number.
    if (code === 131056) return { kind: 'later', cause: `error ${code}` }
    const status = code === 130429 || code === 4 || code === 80007 ? 429 : answer.status
    return outcomeOfStatus('whatsapp', status, `error ${code}`, answer.headers.get('retry-after'))
  }
  return {
    name: 'whatsapp',
    channel: 'whatsapp',
    perSecond: settings.WHATSAPP_PER_SECOND,
    send: (batch) => oneByOne(batch, atOnce, sendOne),
  }
}
