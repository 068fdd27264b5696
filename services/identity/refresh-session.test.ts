import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { judge, repeatWithinMs, type TokenState, type Verdict } from './refresh-token.ts'
import { startIdentity } from './test-identity.ts'

const now = Date.parse('2026-03-01T12:00:00Z')
const fresh: TokenState = {
  replacedAtMs: undefined,
  expiresAtMs: now + 1000,
  successorLives: false,
  sessionEnded: false,
  sessionExpiresAtMs: now + 1000,
  accountActive: true,
}

describe('a refresh token that is', () => {
  const table: [string, Partial<TokenState>, Verdict][] = [
    ['unused', {}, 'rotate'],
    ['expired', { expiresAtMs: now }, 'refuse'],
    ['of an ended session', { sessionEnded: true }, 'refuse'],
    ['of a session past its 30 days', { sessionExpiresAtMs: now }, 'refuse'],
    ['of a disabled account', { accountActive: false }, 'refuse'],
    ['replaced just now', { replacedAtMs: now, successorLives: true }, 'repeat'],
    ['replaced 10 s ago', { replacedAtMs: now - repeatWithinMs, successorLives: true }, 'repeat'],
    ['replaced longer ago', { replacedAtMs: now - repeatWithinMs - 1, successorLives: true }, 'reuse'],
    ['replaced just now, its successor used', { replacedAtMs: now, successorLives: false }, 'reuse'],
    ['replaced and expired since', { replacedAtMs: now - 9e9, expiresAtMs: now - 1, successorLives: true }, 'reuse'],
    ['replaced, of an ended session', { replacedAtMs: now, successorLives: true, sessionEnded: true }, 'refuse'],
  ]
  test.each(table)('%s', (_, state, verdict) => expect(judge({ ...fresh, ...state }, now)).toBe(verdict))
})

describe('refreshing', () => {
  let id: Awaited<ReturnType<typeof startIdentity>>
  beforeAll(async () => {
    id = await startIdentity()
  })
  afterAll(() => id.close())

  test('gives a new pair for the same session, and the claims say who and for how long', async () => {
    const ada = await id.register()
    const { status, body } = await id.refresh(ada.refreshToken)
    expect(status).toBe(200)
    expect(body.refreshToken).not.toBe(ada.refreshToken)
    expect(body).toMatchObject({ tokenType: 'Bearer', expiresInSeconds: 900, refreshExpiresInSeconds: 604_800 })
    const claims = await id.verify(body.accessToken)
    const seconds = id.time.clock().getTime() / 1000
    expect(claims).toEqual({
      iss: 'souk',
      aud: 'souk',
      sub: ada.accountId,
      sid: ada.principal.sessionId,
      iat: seconds,
      nbf: seconds,
      exp: seconds + 900,
      perms: ['orders:place', 'orders:read-own'],
      shops: {},
    })
  })

  test('a lost answer can be asked for again for 10 seconds, and is the same', async () => {
    const ada = await id.register()
    const first = await id.refresh(ada.refreshToken)
    id.time.advance(9_000)
    const again = await id.refresh(ada.refreshToken)
    expect(again.body.refreshToken).toBe(first.body.refreshToken)
    expect((await id.refresh(first.body.refreshToken)).status).toBe(200)
  })

  test('a token that comes back later ends the session for thief and owner alike', async () => {
    const ada = await id.register()
    const first = await id.refresh(ada.refreshToken)
    id.time.advance(10_001)
    expect(await id.refresh(ada.refreshToken)).toMatchObject({ status: 401, body: { code: 'refresh-refused' } })
    expect(await id.refresh(first.body.refreshToken)).toMatchObject({ status: 401, body: { code: 'refresh-refused' } })
    expect((await id.rpc.listRevoked({})).sessionIds).toContain(ada.principal.sessionId)
    const noticed = await id.trail('reuse-detected')
    expect(noticed.map((event) => event.account_id)).toContain(ada.accountId)
  })

  test('a token two generations old ends the session even at once', async () => {
    const ada = await id.register()
    const first = await id.refresh(ada.refreshToken)
    const second = await id.refresh(first.body.refreshToken)
    expect((await id.refresh(ada.refreshToken)).status).toBe(401)
    expect((await id.refresh(second.body.refreshToken)).status).toBe(401)
  })

  test('twenty at once with the same token make one successor', async () => {
    const ada = await id.register()
    const answers = await Promise.all(Array.from({ length: 20 }, () => id.refresh(ada.refreshToken)))
    expect(new Set(answers.map((answer) => answer.status))).toEqual(new Set([200]))
    expect(new Set(answers.map((answer) => answer.body.refreshToken)).size).toBe(1)
    const tokens = await id.database.query<{ live: boolean }>(
      'select replaced_at is null as live from identity.refresh_tokens where session_id = $1',
      [ada.principal.sessionId],
    )
    expect(tokens.map((token) => token.live).sort()).toEqual([false, true])
    expect(await id.findings()).toEqual([])
  })

  test('ends after 7 days without use, and after 30 days in any case', async () => {
    const idle = await id.register()
    id.time.advance(7 * 86_400_000)
    expect((await id.refresh(idle.refreshToken)).status).toBe(401)
    const busy = await id.register()
    let token = busy.refreshToken
    for (let day = 0; day < 30; day += 6) {
      id.time.advance(5.9 * 86_400_000)
      const answer = await id.refresh(token)
      expect(answer.status).toBe(200)
      token = answer.body.refreshToken
    }
    id.time.advance(86_400_000)
    expect((await id.refresh(token)).status).toBe(401)
  })

  test('is refused for nonsense', async () => {
    expect((await id.refresh('nonsense')).status).toBe(401)
    expect((await id.refresh('')).status).toBe(400)
  })
})
