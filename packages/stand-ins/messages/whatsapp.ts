import { type HttpReply, type MessageStandIn, serveHttp } from './stand-in.ts'

type Message = {
  messaging_product: string
  to: string
  type: string
  template: {
    name: string
    language: { code: string }
    components: { type: string; parameters: { type: string; text: string }[] }[]
  }
  biz_opaque_callback_data?: string
}

/** `POST /{phone id}/messages` of the WhatsApp Business Cloud API. */
export const startWhatsApp = (phoneId: string, token: string): Promise<MessageStandIn> =>
  serveHttp((call, desk): HttpReply => {
    const problem = (status: number, code: number, message: string): HttpReply => ({
      status,
      body: { error: { message: `(#${code}) ${message}`, type: 'OAuthException', code, fbtrace_id: 'A' } },
    })
    if (call.method !== 'POST' || call.path !== `/${phoneId}/messages`) return problem(404, 803, 'Unknown path')
    const trouble = desk.trouble()
    if (call.headers.authorization !== `Bearer ${token}` || trouble === 'credentials')
      return problem(401, 190, 'Invalid OAuth access token')
    if (trouble === 'busy') return problem(500, 131000, 'Something went wrong')
    if (trouble === 'limit') return problem(400, 130429, 'Rate limit hit')
    const message = JSON.parse(call.body) as Message
    if (message.messaging_product !== 'whatsapp' || message.type !== 'template' || !/^\d{7,15}$/.test(message.to))
      return problem(400, 100, 'Invalid parameter')
    const to = `+${message.to}`
    if (trouble === 'refuse' || desk.unknownAddresses.has(to)) return problem(400, 131026, 'Message undeliverable')
    const parameters = message.template.components[0]?.parameters ?? []
    if (parameters.some(({ text }) => text === '' || /\n|\t| {5}/.test(text)))
      return problem(400, 132000, 'Parameter format')
    desk.taken.push({
      to,
      text: parameters.map(({ text }) => text).join(' | '),
      template: `${message.template.name} ${message.template.language.code}`,
      id: message.biz_opaque_callback_data ?? '',
    })
    if (trouble === 'cut') return undefined
    return {
      status: 200,
      body: {
        messaging_product: 'whatsapp',
        contacts: [{ input: message.to, wa_id: message.to }],
        messages: [{ id: `wamid.${desk.taken.length}`, message_status: 'accepted' }],
      },
    }
  })
