import { createHmac, createSign, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import type { Jwks } from './key-set.ts'
import { createApiKeyVerifier } from './verify-api-key.ts'
import { person } from './server.fixture.ts'
import { createTokenVerifier, type TokenVerifierOptions } from './verify-token.ts'

const ours = generateKeyPairSync('rsa', { modulusLength: 2_048 })
const theirs = generateKeyPairSync('rsa', { modulusLength: 2_048 })
const weak = generateKeyPairSync('rsa', { modulusLength: 1_024 })
const curve = generateKeyPairSync('ec', { namedCurve: 'P-256' })

const jwk = (key: KeyObject, more: object = {}) => ({
  ...key.export({ format: 'jwk' }),
  kid: 'k1',
  alg: 'RS256',
  use: 'sig',
  ...more,
})
const nowMs = 1_700_000_000_000
const now = nowMs / 1_000
const header = { alg: 'RS256', typ: 'at+jwt', kid: 'k1' }
const claims = {
  iss: 'souk',
  aud: 'api',
  sub: 'account-1',
  sid: 'session-1',
  iat: now,
  nbf: now,
  exp: now + 900,
  perms: ['orders:place'],
  shops: { s1: ['orders'] },
}

const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
const token = (
  changes: { header?: object; claims?: object; key?: KeyObject; signature?: (text: string) => string } = {},
) => {
  const text = `${part({ ...header, ...changes.header })}.${part({ ...claims, ...changes.claims })}`
  const sign =
    changes.signature ??
    ((signed: string) =>
      createSign('sha256')
        .update(signed)
        .sign(changes.key ?? ours.privateKey)
        .toString('base64url'))
  return `${text}.${sign(text)}`
}
const verifier = (given: Partial<TokenVerifierOptions> = {}) =>
  createTokenVerifier({
    keySet: async () => ({ keys: [jwk(ours.publicKey)] }),
    issuer: 'souk',
    audience: 'api',
    clock: () => new Date(nowMs),
    ...given,
  })
const judge = async (given: string, verify = verifier()) => {
  try {
    return (await verify(given)).accountId
  } catch (error) {
    return (error as { code: string }).code
  }
}
const pem = ours.publicKey.export({ type: 'spki', format: 'pem' }).toString()
const hmac = (secret: string) => (text: string) => createHmac('sha256', secret).update(text).digest('base64url')

describe('an access token', () => {
  test('of ours is somebody, with permissions and duties', async () => {
    const principal = await verifier()(token())
    expect(principal).toMatchObject({ accountId: 'account-1', sessionId: 'session-1', kind: 'session' })
    expect(principal.permissions.has('orders:place')).toBe(true)
    expect(principal.duties.get('s1')?.has('orders')).toBe(true)
  })
  const refusals: Record<string, string> = {
    'without a signature (alg none)': token({ header: { alg: 'none' }, signature: () => '' }),
    'with alg none and a signature': token({ header: { alg: 'none' } }),
    'with alg NONE': token({ header: { alg: 'NoNe' }, signature: () => 'AA' }),
    'signed with our public key as a secret (RS to HS)': token({ header: { alg: 'HS256' }, signature: hmac(pem) }),
    'signed with an empty secret': token({
      header: { alg: 'HS256' },
      signature: (text) => createHmac('sha256', '').update(text).digest('base64url'),
    }),
    'saying RS256 with an HMAC': token({ signature: hmac(pem) }),
    'signed with a curve': token({ header: { alg: 'ES256' }, key: curve.privateKey }),
    'of another RSA algorithm': token({ header: { alg: 'PS256' } }),
    'signed by others': token({ key: theirs.privateKey }),
    'signed by others, bringing their key': token({ key: theirs.privateKey, header: { jwk: jwk(theirs.publicKey) } }),
    'naming where to fetch the key': token({ header: { jku: 'https://evil.example/keys' } }),
    'naming where to fetch the certificate': token({ header: { x5u: 'https://evil.example/c' } }),
    'bringing a certificate': token({ header: { x5c: ['AA'] } }),
    'with critical extensions': token({ header: { crit: ['b64'], b64: false } }),
    'of an unknown key': token({ header: { kid: 'k2' } }),
    'whose key is a path': token({ header: { kid: '../../dev/null' } }),
    'whose key is no text': token({ header: { kid: ['k1'] } }),
    'without a key': token({ header: { kid: undefined } }),
    'whose key is a property of every object': token({ header: { kid: '__proto__' } }),
    'of another issuer': token({ claims: { iss: 'soak' } }),
    'for another audience': token({ claims: { aud: 'admin' } }),
    'for no audience': token({ claims: { aud: undefined } }),
    'that is a refresh token': token({ header: { typ: 'rt+jwt' } }),
    'that is just a JWT': token({ header: { typ: 'JWT' } }),
    'not valid yet': token({ claims: { nbf: now + 60 } }),
    'issued in the future': token({ claims: { nbf: undefined, iat: now + 60 } }),
    'without an end': token({ claims: { exp: undefined } }),
    'that never ends': token({ claims: { exp: '9e999' } }),
    'without a subject': token({ claims: { sub: '' } }),
    'with permissions that are no list': token({ claims: { perms: 'operator' } }),
    'that is too long': token({ claims: { pad: 'x'.repeat(5_000) } }),
    'with a fourth part': `${token()}.AA`,
    'with two parts': token().split('.').slice(0, 2).join('.'),
    'with whitespace inside': token().replace('.', '. '),
    'that is nothing': '',
    'that is noise': 'a.b.c',
    'whose claims are an array': (() => {
      const text = `${part(header)}.${part([claims])}`
      return `${text}.${createSign('sha256').update(text).sign(ours.privateKey).toString('base64url')}`
    })(),
  }
  test.each(Object.entries(refusals))('%s is refused', async (_name, given) =>
    expect(await judge(given)).toBe('unauthenticated'),
  )

  test('ends when it says, with 5 s for clocks that differ', async () => {
    expect(await judge(token({ claims: { exp: now - 4 } }))).toBe('account-1')
    expect(await judge(token({ claims: { exp: now - 5 } }))).toBe('token-expired')
    expect(await judge(token({ claims: { nbf: now + 5 } }))).toBe('account-1')
  })
  test('seen before still ends, also when its session ends meanwhile', async () => {
    let atMs = nowMs
    let revoked = false
    const verify = verifier({ clock: () => new Date(atMs), isRevoked: () => revoked })
    const good = token()
    expect([await judge(good, verify), await judge(good, verify)]).toEqual(['account-1', 'account-1'])
    revoked = true
    expect(await judge(good, verify)).toBe('unauthenticated')
    revoked = false
    atMs += 905_000
    expect(await judge(good, verify)).toBe('token-expired')
  })
  test('seen before lends its signature to no other', async () => {
    const verify = verifier()
    const good = token()
    await verify(good)
    const [head, , signature] = good.split('.')
    expect(await judge(`${head}.${part({ ...claims, sub: 'operator' })}.${signature}`, verify)).toBe('unauthenticated')
  })
  test('is only ever checked with RSA keys of 2,048 bits that are marked for RS256', async () => {
    const under = (key: object) => verifier({ keySet: async () => ({ keys: [key] }) as Jwks })
    expect(await judge(token({ key: weak.privateKey }), under(jwk(weak.publicKey)))).toBe('unauthenticated')
    expect(await judge(token(), under(jwk(ours.publicKey, { alg: 'PS256' })))).toBe('unauthenticated')
    expect(await judge(token(), under(jwk(ours.publicKey, { use: 'enc' })))).toBe('unauthenticated')
    expect(await judge(token({ signature: hmac('x') }), under({ kty: 'oct', k: 'eA', kid: 'k1', alg: 'HS256' }))).toBe(
      'unauthenticated',
    )
  })
})

describe('rotating keys', () => {
  test('a new key is found when first used; unknown ones do not make us ask more than once in ten seconds', async () => {
    let atMs = nowMs
    let asked = 0
    let keys = [jwk(ours.publicKey)]
    const verify = verifier({
      clock: () => new Date(atMs),
      keySet: async () => {
        asked += 1
        return { keys }
      },
    })
    await judge(token(), verify)
    keys = [...keys, jwk(theirs.publicKey, { kid: 'k2' })]
    atMs += 10_000
    expect(await judge(token({ header: { kid: 'k2' }, key: theirs.privateKey }), verify)).toBe('account-1')
    for (let at = 0; at < 100; at += 1) await judge(token({ header: { kid: `guess-${at}` } }), verify)
    expect(asked).toBe(2)
  })
  test('what a withdrawn key signed is refused within about a minute, remembered or not', async () => {
    let atMs = nowMs
    let keys = [jwk(ours.publicKey)]
    const verify = verifier({ clock: () => new Date(atMs), keySet: async () => ({ keys }) })
    const good = token()
    expect(await judge(good, verify)).toBe('account-1')
    keys = [jwk(theirs.publicKey, { kid: 'k2' })]
    atMs += 60_000
    await judge(good, verify)
    await new Promise((resolve) => setImmediate(resolve))
    expect(await judge(good, verify)).toBe('unauthenticated')
  })
  test('keys that cannot be fetched for a while do not lock out those we know', async () => {
    let atMs = nowMs
    let broken = false
    const verify = verifier({
      clock: () => new Date(atMs),
      keySet: async () => {
        if (broken) throw new Error('unreachable')
        return { keys: [jwk(ours.publicKey)] }
      },
    })
    await judge(token(), verify)
    broken = true
    atMs += 120_000
    expect(await judge(token({ claims: { sub: 'other' } }), verify)).toBe('other')
  })
  test('nobody is told that he is nobody by one that has just started and could not ask for keys', async () => {
    let atMs = nowMs
    let asked = 0
    let broken = true
    const verify = verifier({
      clock: () => new Date(atMs),
      keySet: async () => {
        asked += 1
        if (broken) throw new Error('unreachable')
        return { keys: [jwk(ours.publicKey)] }
      },
    })
    for (let at = 0; at < 10; at += 1) await expect(async () => verify(token())).rejects.toThrow('unreachable')
    expect(asked).toBe(1)
    broken = false
    atMs += 500
    expect(await judge(token(), verify)).toBe('account-1')
  })
})

describe('an API key', () => {
  test('is looked up once in 30 s when good, once in 5 s when not, and once for all who ask at the same time', async () => {
    let atMs = nowMs
    const asked: string[] = []
    const verify = createApiKeyVerifier({
      clock: () => new Date(atMs),
      lookup: async (apiKey) => {
        asked.push(apiKey)
        return apiKey === 'souk_goodgood' ? person({ kind: 'api-key' }) : undefined
      },
    })
    const ask = async (apiKey: string) => {
      try {
        return (await verify(apiKey)).kind
      } catch {
        return 'refused'
      }
    }
    await Promise.all([ask('souk_goodgood'), ask('souk_goodgood')])
    expect([await ask('souk_goodgood'), await ask('souk_badbadbad'), await ask('souk_badbadbad')]).toEqual([
      'api-key',
      'refused',
      'refused',
    ])
    expect(asked).toEqual(['souk_goodgood', 'souk_badbadbad'])
    atMs += 5_000
    await ask('souk_badbadbad')
    atMs += 25_000
    await ask('souk_goodgood')
    expect(asked).toHaveLength(4)
    expect(await ask('short')).toBe('refused')
    expect(asked).toHaveLength(4)
  })
})
