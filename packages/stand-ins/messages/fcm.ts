import { createPublicKey, createVerify } from 'node:crypto'
import { type HttpReply, type MessageStandIn, serveHttp } from './stand-in.ts'

type Push = { message: { token: string; notification: { title: string; body: string }; data: Record<string, string> } }

const bearer = 'ya29.stand-in'
const part = (text: string | undefined) =>
  JSON.parse(Buffer.from(text ?? '', 'base64url').toString()) as Record<string, unknown>

/** The token endpoint (a signed statement for an access token) and `messages:send` of Firebase Cloud Messaging. */
export const startFcm = (projectId: string, clientEmail: string, publicKeyPem: string): Promise<MessageStandIn> =>
  serveHttp((call, desk): HttpReply => {
    const problem = (code: number, status: string): HttpReply => ({ status: code, body: { error: { code, status } } })
    if (call.path === '/token') {
      const assertion = new URLSearchParams(call.body).get('assertion') ?? ''
      const [head, claims, signature = ''] = assertion.split('.')
      const verified = createVerify('RSA-SHA256')
        .update(`${head}.${claims}`)
        .verify(createPublicKey(publicKeyPem), Buffer.from(signature, 'base64url'))
      const { iss, scope, exp } = part(claims)
      const now = Date.now() / 1_000
      const good = verified && iss === clientEmail && String(scope).includes('firebase') && Number(exp) <= now + 3_601
      return good
        ? { status: 200, body: { access_token: bearer, expires_in: 3_599, token_type: 'Bearer' } }
        : { status: 400, body: { error: 'invalid_grant' } }
    }
    if (call.path !== `/v1/projects/${projectId}/messages:send`) return problem(404, 'NOT_FOUND')
    const trouble = desk.trouble()
    if (call.headers.authorization !== `Bearer ${bearer}` || trouble === 'credentials')
      return problem(401, 'UNAUTHENTICATED')
    if (trouble === 'busy') return problem(503, 'UNAVAILABLE')
    if (trouble === 'limit') return problem(429, 'RESOURCE_EXHAUSTED')
    const { message } = JSON.parse(call.body) as Push
    if (trouble === 'refuse' || desk.unknownAddresses.has(message.token)) return problem(404, 'UNREGISTERED')
    const { title, body } = message.notification
    desk.taken.push({ to: message.token, subject: title, text: body, id: message.data.messageId ?? '' })
    if (trouble === 'cut') return undefined
    return { status: 200, body: { name: `projects/${projectId}/messages/${desk.taken.length}` } }
  })
