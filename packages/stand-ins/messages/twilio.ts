import { type HttpReply, type MessageStandIn, serveHttp } from './stand-in.ts'

/** `POST /2010-04-01/Accounts/{sid}/Messages.json` as Twilio answers it. */
export const startTwilio = (accountSid: string, authToken: string): Promise<MessageStandIn> =>
  serveHttp((call, desk): HttpReply => {
    const problem = (status: number, code: number, message: string): HttpReply => ({
      status,
      body: { code, message, more_info: `https://www.twilio.com/docs/errors/${code}`, status },
    })
    if (call.method !== 'POST' || call.path !== `/2010-04-01/Accounts/${accountSid}/Messages.json`)
      return problem(404, 20404, 'The requested resource was not found')
    const trouble = desk.trouble()
    const basic = Buffer.from(`${accountSid}:${authToken}`).toString('base64')
    if (call.headers.authorization !== `Basic ${basic}` || trouble === 'credentials')
      return problem(401, 20003, 'Authenticate')
    if (trouble === 'busy') return problem(503, 20503, 'Service unavailable')
    if (trouble === 'limit') return problem(429, 20429, 'Too many requests')
    const form = new URLSearchParams(call.body)
    const to = form.get('To') ?? ''
    if (trouble === 'refuse' || desk.unknownAddresses.has(to)) return problem(400, 21211, "Invalid 'To' Phone Number")
    desk.taken.push({ to, text: form.get('Body') ?? '' })
    if (trouble === 'cut') return undefined
    const sid = `SM${String(desk.taken.length).padStart(32, '0')}`
    return { status: 201, body: { sid, account_sid: accountSid, to, status: 'queued', error_code: null } }
  })
