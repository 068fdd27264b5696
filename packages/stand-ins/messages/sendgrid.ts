import { type HttpReply, type MessageStandIn, serveHttp } from './stand-in.ts'

type Mail = {
  personalizations: {
    to: { email: string }[]
    substitutions?: Record<string, string>
    custom_args?: Record<string, string>
  }[]
  subject: string
  content: { type: string; value: string }[]
}

/** `POST /v3/mail/send` as SendGrid answers it: 202 for all of a call, or one error for all of it. */
export const startSendGrid = (apiKey: string): Promise<MessageStandIn> =>
  serveHttp((call, desk): HttpReply => {
    const problem = (status: number, message: string, field: string | null = null, headers = {}): HttpReply => ({
      status,
      body: { errors: [{ message, field, help: null }] },
      headers,
    })
    if (call.method !== 'POST' || call.path !== '/v3/mail/send') return problem(404, 'not found')
    const trouble = desk.trouble()
    if (call.headers.authorization !== `Bearer ${apiKey}` || trouble === 'credentials')
      return problem(401, 'The provided authorization grant is invalid, expired, or revoked')
    if (trouble === 'busy') return problem(503, 'Service unavailable')
    if (trouble === 'limit')
      return problem(429, 'too many requests', null, {
        'x-ratelimit-reset': String(Math.ceil(Date.now() / 1_000) + 2),
      })
    const mail = JSON.parse(call.body) as Mail
    if (mail.personalizations.length > 1_000) return problem(400, 'too many personalizations', 'personalizations')
    const wrong = mail.personalizations.findIndex(({ to }) => desk.unknownAddresses.has(to[0]?.email ?? ''))
    if (wrong >= 0 || trouble === 'refuse')
      return problem(400, 'Does not contain a valid address.', `personalizations.${Math.max(0, wrong)}.to.0.email`)
    for (const { to, substitutions = {}, custom_args } of mail.personalizations) {
      if (Object.values(substitutions).join('').length > 10_000)
        return problem(400, 'The total size of substitutions is limited to 10,000 bytes', 'personalizations')
      const filled = (text: string) =>
        Object.entries(substitutions).reduce((made, [tag, value]) => made.replaceAll(tag, value), text)
      const content = (type: string) => filled(mail.content.find((each) => each.type === type)?.value ?? '')
      desk.taken.push({
        to: to[0]?.email ?? '',
        subject: filled(mail.subject),
        text: content('text/plain'),
        html: content('text/html'),
        id: custom_args?.message_id ?? '',
      })
    }
    if (trouble === 'cut') return undefined
    return { status: 202, body: undefined, headers: { 'x-message-id': `sg-${desk.taken.length}` } }
  })
