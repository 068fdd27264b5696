import { createSouk, type Souk } from '@souk/sdk'
import { createContext, redirect } from 'react-router'
import { langOf, pathIn } from './i18n/languages.ts'
import { type Tokens, tokensOf } from './renewals.server.ts'
import type { Runtime } from './runtime.server.ts'

export type Shopper = { id: string; name: string; email: string; guest: boolean }
export type CartHandle = { id: string; token?: string; count: number }
/** What the sealed cookie holds. Small: the tokens are most of it. */
export type Session = { tokens?: Tokens; shopper?: Shopper; cart?: CartHandle; notice?: string }

export type Visit = ReturnType<typeof createVisit>
export const visitContext = createContext<Visit>()

const sessionCookie = 'souk_session'
/** Read by the page's own script: what the header shows. No secret in it, and nothing relies on it. */
const hintCookie = 'souk_hint'
const lifeSeconds = 30 * 86_400
/** Renewed before it expires, so that a request rarely has to be sent twice. */
const renewBeforeMs = 30_000

/** One request of one shopper. */
export function createVisit(runtime: Runtime, request: Request, address: string) {
  const { config, seals, renewals } = runtime
  const opened = seals.open(cookiesOf(request).get(sessionCookie) ?? '')
  let session: Session = opened === undefined ? {} : (JSON.parse(opened) as Session)
  let changed = false

  function change(patch: Partial<{ [Name in keyof Session]: Session[Name] | undefined }>): void {
    session = { ...session, ...patch } as Session
    changed = true
  }

  async function renew(): Promise<string | undefined> {
    const { tokens } = session
    if (tokens === undefined) return undefined
    const fresh = await renewals(tokens.refresh)
    change(fresh === undefined ? { tokens: undefined, shopper: undefined } : { tokens: fresh })
    return fresh?.access
  }

  const souk: Souk = createSouk({
    baseUrl: config.apiUrl,
    timeoutMs: 10_000,
    retries: 1,
    ...(config.forwarderSecret !== undefined && {
      headers: { 'x-souk-forwarder': config.forwarderSecret, 'x-souk-client-address': address.replace(/^::ffff:/, '') },
    }),
    token: async () => {
      const { tokens } = session
      if (tokens === undefined) return undefined
      return tokens.accessUntilMs - Date.now() < renewBeforeMs ? renew() : tokens.access
    },
    refresh: renew,
  })

  return {
    souk,
    get session(): Readonly<Session> {
      return session
    },
    get shopper(): Shopper | undefined {
      return session.shopper
    },
    change,
    /** Whoever is not signed in is sent to sign in, and comes back. Guests are let through where they may. */
    mustBeSignedIn({ orGuest = false } = {}): Shopper {
      const { shopper } = session
      if (shopper !== undefined && (orGuest || !shopper.guest)) return shopper
      const url = new URL(request.url)
      const path = url.pathname.replace(/\.data$/, '')
      throw redirect(`${pathIn(langOf(path), '/sign-in')}?next=${encodeURIComponent(path + url.search)}`)
    },
    signIn(answer: Parameters<typeof tokensOf>[0], shopper: Shopper): void {
      change({ tokens: tokensOf(answer, Date.now()), shopper })
    },
    signOut(): void {
      change({ tokens: undefined, shopper: undefined, cart: undefined, notice: undefined })
    },
    commit(headers: Headers): void {
      if (!changed) return
      const attributes = `Path=/; SameSite=Lax${config.secureCookies ? '; Secure' : ''}`
      const empty = session.tokens === undefined && session.cart === undefined && session.notice === undefined
      const age = empty ? 0 : lifeSeconds
      const hint = { n: session.shopper?.name, g: session.shopper?.guest, c: session.cart?.count ?? 0 }
      headers.append(
        'set-cookie',
        `${sessionCookie}=${empty ? '' : seals.seal(JSON.stringify(session))}; ${attributes}; HttpOnly; Max-Age=${age}`,
      )
      headers.append(
        'set-cookie',
        `${hintCookie}=${empty ? '' : encodeURIComponent(JSON.stringify(hint))}; ${attributes}; Max-Age=${age}`,
      )
      headers.set('cache-control', 'private, no-store')
    },
  }
}

export function cookiesOf(request: Request): ReadonlyMap<string, string> {
  const pairs = (request.headers.get('cookie') ?? '').split(';').map((pair) => {
    const at = pair.indexOf('=')
    return [pair.slice(0, at).trim(), pair.slice(at + 1).trim()] as const
  })
  return new Map(pairs)
}
