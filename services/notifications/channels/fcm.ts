import { importPKCS8, SignJWT } from 'jose'
import {
  callTimeoutMs,
  type Outcome,
  type Outgoing,
  oneByOne,
  outcomeOfFetchError,
  outcomeOfStatus,
  type Provider,
  ProviderAway,
} from '../channel.ts'
import type { Settings } from './index.ts'

const atOnce = 20
const scope = 'https://www.googleapis.com/auth/firebase.messaging'
/** Renewed so long before it ends. */
const marginMs = 60_000

type Account = { project_id: string; client_email: string; private_key: string; token_uri: string }

/** Push messages through Firebase Cloud Messaging, HTTP v1. Its own library is 30 MB; a signed token and a POST are not. */
export function openFcm(settings: Pick<Settings, 'FCM_SERVICE_ACCOUNT' | 'FCM_URL' | 'PUSHES_PER_SECOND'>): Provider {
  const account = readAccount(settings.FCM_SERVICE_ACCOUNT ?? '')
  const url = `${settings.FCM_URL}/v1/projects/${encodeURIComponent(account.project_id)}/messages:send`
  const token = tokenOf(account)

  async function sendOne(message: Outgoing, bearer: string): Promise<Outcome> {
    try {
      const answer = await fetch(url, {
        method: 'POST',
        headers: { authorization: `Bearer ${bearer}`, 'content-type': 'application/json' },
        body: JSON.stringify({
          message: {
            token: message.to,
            notification: { title: message.subject, body: message.text },
            data: { messageId: message.messageId, kind: message.kind },
            // The device shows one of a tag: a message that comes twice replaces itself.
            android: { notification: { tag: message.messageId } },
            apns: { headers: { 'apns-collapse-id': message.messageId } },
          },
        }),
        signal: AbortSignal.timeout(callTimeoutMs),
      })
      const body = (await answer.json()) as { name?: string; error?: { status?: string } }
      if (answer.ok) return { kind: 'sent', reference: body.name?.split('/').at(-1) ?? '' }
      const status = body.error?.status ?? ''
      if (answer.status === 401) token.forget()
      return outcomeOfStatus('fcm', answer.status, status, answer.headers.get('retry-after'))
    } catch (error) {
      if (error instanceof ProviderAway) throw error
      return outcomeOfFetchError('fcm', error)
    }
  }
  return {
    name: 'fcm',
    channel: 'push',
    perSecond: settings.PUSHES_PER_SECOND,
    async send(batch) {
      const bearer = await token.get()
      return await oneByOne(batch, atOnce, (message) => sendOne(message, bearer))
    },
  }
}

function readAccount(json: string): Account {
  try {
    const account = JSON.parse(json) as Account
    if (account.project_id && account.client_email && account.private_key && account.token_uri) return account
  } catch {
    // Told below; the text itself is a secret.
  }
  throw new Error('FCM_SERVICE_ACCOUNT is not the JSON of a service account')
}

/** Access tokens for an hour, for a statement signed with the account's key (RFC 7523). */
function tokenOf(account: Account) {
  let current: { bearer: string; untilMs: number } | undefined
  return {
    forget: () => (current = undefined),
    async get(): Promise<string> {
      if (current !== undefined && Date.now() < current.untilMs - marginMs) return current.bearer
      try {
        const assertion = await new SignJWT({ scope })
          .setProtectedHeader({ alg: 'RS256', typ: 'JWT' })
          .setIssuer(account.client_email)
          .setAudience(account.token_uri)
          .setIssuedAt()
          .setExpirationTime('1h')
          .sign(await importPKCS8(account.private_key, 'RS256'))
        const answer = await fetch(account.token_uri, {
          method: 'POST',
          body: new URLSearchParams({ grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', assertion }),
          signal: AbortSignal.timeout(callTimeoutMs),
        })
        if (!answer.ok) throw new Error(`no token: ${answer.status}`)
        const body = (await answer.json()) as { access_token: string; expires_in: number }
        current = { bearer: body.access_token, untilMs: Date.now() + body.expires_in * 1_000 }
        return current.bearer
      } catch (error) {
        throw new ProviderAway('fcm', (error as Error).message)
      }
    },
  }
}
