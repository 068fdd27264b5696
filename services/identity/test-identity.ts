import { createProcessCache } from '@souk/cache'
import type { Answer, Principal } from '@souk/http'
import { IdentityService } from '@souk/contracts/identity'
import { SettingsService } from '@souk/contracts/settings'
import { createDirectory } from '@souk/rpc'
import { createWork } from '@souk/service'
import {
  callRoute,
  collectingOutbox,
  fakeMetrics,
  manualClock,
  memoryLog,
  type RouteCall,
  testDatabase,
} from '@souk/testing'
import { createLocalJWKSet, jwtVerify } from 'jose'
import type { AccessClaims } from './access-token.ts'
import { identity } from './index.ts'
import type { FactorPolicy } from './second-factor.ts'
import type { Tokens } from './sessions.ts'

export const goodPassword = 'correct-donkey-battery'
export const settings = {
  SOUK_SECRET: 'a secret only for tests, long enough',
  SOUK_AUTH_PER_MINUTE: 10,
  SOUK_SECOND_FACTOR: 'optional' as FactorPolicy,
  SOUK_REHEARSAL: undefined as boolean | undefined,
  NODE_ENV: 'test',
}

type Problem = { code: string; detail: string }
export type Answered<Body> = Omit<Answer, 'body'> & { body: Body & Problem }

/** For tests: the service started on a database of its own, with a clock that stands still until told. */
export async function startIdentity(config = settings) {
  const database = await testDatabase([identity])
  const time = manualClock('2026-03-01T12:00:00Z')
  const outbox = collectingOutbox()
  const log = memoryLog()
  const directory = createDirectory()
  const context = {
    config,
    db: database.open('identity', { maxConnections: 10 }),
    shards: database.shards('identity'),
    outbox,
    clock: time.clock,
    log,
    metrics: fakeMetrics(),
    directory,
    cache: createProcessCache({ metrics: fakeMetrics() }),
    work: createWork('identity', time.clock),
  }
  const parts = await identity.start(context)
  const routes = parts.routes ?? []
  if (parts.rpc !== undefined) directory.serve(parts.rpc.handlers, parts.rpc.services)
  const rpc = directory.client(IdentityService)
  /** What the marketplace has set, as settings would tell. */
  const shop = { servesGuests: true }
  directory.serve(
    (router) =>
      router.service(SettingsService, {
        getSettings: ({ keys: [key = ''] }) => ({
          settings: [{ key, valueJson: String(shop.servesGuests), origin: 'marketplace' }],
        }),
      }),
    [SettingsService],
  )

  async function call<Body = Record<string, unknown>>(operationId: string, given: RouteCall = {}) {
    return (await callRoute(routes, operationId, { address: '203.0.113.7', ...given })) as Answered<Body>
  }

  let people = 0
  return {
    database,
    shop,
    time,
    outbox,
    log,
    context,
    parts,
    routes,
    rpc,
    call,
    /** Somebody new, signed in. */
    async register(given: { email?: string; password?: string; name?: string } = {}) {
      people += 1
      const person = { email: `person${people}@example.com`, password: goodPassword, name: 'Ada', ...given }
      const { body, status } = await call<Tokens & { account: { accountId: string } }>('register', { body: person })
      if (status !== 201) throw new Error(`not registered: ${JSON.stringify(body)}`)
      return {
        ...person,
        ...body,
        accountId: body.account.accountId,
        principal: await this.principal(body.accessToken),
      }
    },
    logIn: (email: string, password: string, address = '203.0.113.7') =>
      call<Tokens>('logIn', { body: { email, password }, address }),
    refresh: (refreshToken: string) => call<Tokens>('refresh', { body: { refreshToken } }),
    /** As another service would check it: with the published keys and nothing else. */
    async verify(token: string): Promise<AccessClaims> {
      const keySet = createLocalJWKSet(JSON.parse((await rpc.getKeySet({})).json))
      const { payload } = await jwtVerify<AccessClaims>(token, keySet, {
        algorithms: ['RS256'],
        issuer: 'souk',
        audience: 'souk',
        typ: 'at+jwt',
        currentDate: time.clock(),
      })
      return payload
    },
    async principal(token: string): Promise<Principal> {
      const claims = await this.verify(token)
      const duties = new Map(Object.entries(claims.shops).map(([shop, of]) => [shop, new Set(of)]))
      const { sub: accountId, sid: sessionId, perms } = claims
      return { accountId, sessionId, kind: 'session', permissions: new Set(perms), duties }
    },
    trail: (kind: string) =>
      database.query<{ account_id: string; email_masked: string; detail: Record<string, unknown> }>(
        'select * from identity.auth_events where kind = $1 order by seq',
        [kind],
      ),
    job: (name: string) => parts.jobs?.find((job) => job.name === name)?.run(),
    /** Everything the checks find wrong. */
    findings: async () => {
      const found: string[] = []
      for (const check of parts.audits ?? [])
        await context.db.transaction(
          async (tx) => {
            const { findings } = await check.run(tx, { since: undefined, sinceMs: undefined, maxFindings: 10 })
            found.push(...findings.map(({ subject, message }) => `${check.invariant} ${subject} ${message}`))
          },
          { readOnly: true, isolation: 'repeatable read' },
        )
      return found
    },
    async close() {
      await parts.stop?.()
      await database.close()
    },
  }
}
