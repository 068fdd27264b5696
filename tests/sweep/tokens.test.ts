import {
  createHmac,
  createPrivateKey,
  createPublicKey,
  createSign,
  generateKeyPairSync,
  type JsonWebKey,
  type KeyObject,
} from 'node:crypto'
import { eventually, testSecret } from '@souk/testing'
import { afterAll, describe, expect, test } from 'vitest'
import { deriveSecrets, unseal } from '../../services/identity/secrets.ts'
import { openStage } from './stage.ts'
import { buildWorld, type Person } from './world.ts'

const stage = await openStage()
afterAll(() => stage.close())
const world = await buildWorld(stage)
const { a, operator } = world

type Part = Record<string, unknown>
const encode = (part: unknown) => Buffer.from(JSON.stringify(part)).toString('base64url')
const decode = (part: string) => JSON.parse(Buffer.from(part, 'base64url').toString()) as Part

const [head = '', body = '', signature = ''] = a.customer.accessToken.split('.')
const header = decode(head)
const claims = decode(body)
const { keys } = (await world.as(undefined, 'GET', '/.well-known/jwks.json')).json as {
  keys: (JsonWebKey & { kid: string })[]
}
const ours = keys.find(({ kid }) => kid === header.kid) as JsonWebKey & { kid: string }
const ourPublicKey = createPublicKey({ key: ours, format: 'jwk' })
const stranger = generateKeyPairSync('rsa', { modulusLength: 2_048 })
const strangerJwk = { ...stranger.publicKey.export({ format: 'jwk' }), kid: 'theirs', alg: 'RS256', use: 'sig' }

const signed = (part: Part, payload: Part, key: KeyObject = stranger.privateKey) => {
  const text = `${encode(part)}.${encode(payload)}`
  return `${text}.${createSign('RSA-SHA256').update(text).sign(key, 'base64url')}`
}
const hmac = (part: Part, payload: Part, secret: string | Buffer, hash = 'sha256') => {
  const text = `${encode(part)}.${encode(payload)}`
  return `${text}.${createHmac(hash, secret).update(text).digest('base64url')}`
}
const mighty = { ...claims, perms: ['operator', 'orders:place'], sub: operator.accountId }
const nowSeconds = Math.floor(Date.now() / 1_000)
const pem = ourPublicKey.export({ type: 'spki', format: 'pem' }) as string
const der = ourPublicKey.export({ type: 'spki', format: 'der' })
const hs = { ...header, alg: 'HS256' }
const cut = (index: number) => Buffer.from(signature, 'base64url').subarray(0, index).toString('base64url')

const forged: Record<string, string> = {
  'not signed (alg none)': `${encode({ ...header, alg: 'none' })}.${encode(mighty)}.`,
  'not signed (alg None)': `${encode({ ...header, alg: 'None' })}.${encode(mighty)}.`,
  'alg none with the signature of another': `${encode({ ...header, alg: 'none' })}.${body}.${signature}`,
  'no alg at all': `${encode({ ...header, alg: undefined })}.${body}.${signature}`,
  'alg as a list': `${encode({ ...header, alg: ['RS256'] })}.${body}.${signature}`,
  'signed with our public key as a secret (PEM)': hmac(hs, mighty, pem),
  'signed with our public key as a secret (PEM, trimmed)': hmac(hs, mighty, pem.trim()),
  'signed with our public key as a secret (DER)': hmac(hs, mighty, der),
  'signed with our public key as a secret (JWK)': hmac(hs, mighty, JSON.stringify(ours)),
  'signed with our modulus as a secret': hmac(hs, mighty, Buffer.from(String(ours.n), 'base64url')),
  'signed with an empty secret': hmac(hs, mighty, ''),
  'signed with an empty secret (HS512)': hmac({ ...header, alg: 'HS512' }, mighty, '', 'sha512'),
  'signed with a secret, said to be RS256': hmac(header, mighty, pem),
  'signed by a stranger under the name of our key': signed(header, mighty),
  'signed by a stranger, key sent along (jwk)': signed({ ...header, jwk: strangerJwk }, mighty),
  'signed by a stranger, key to be fetched (jku)': signed(
    { ...header, jku: `${stage.url}/v1/products`, kid: 'theirs' },
    mighty,
  ),
  'signed by a stranger, certificate to be fetched (x5u)': signed(
    { ...header, x5u: 'http://169.254.169.254/' },
    mighty,
  ),
  'signed by a stranger, certificate sent along (x5c)': signed({ ...header, x5c: ['MIIB'] }, mighty),
  'a key nobody knows': signed({ ...header, kid: 'unknown' }, mighty),
  'a key that is a path': signed({ ...header, kid: '../../../../dev/null' }, mighty),
  'a key that is a statement': signed({ ...header, kid: "' union select 'key' --" }, mighty),
  'a key that is a number': signed({ ...header, kid: 0 }, mighty),
  'a key that is every object has': signed({ ...header, kid: '__proto__' }, mighty),
  'a key that every object has, too': signed({ ...header, kid: 'constructor' }, mighty),
  'no key': signed({ ...header, kid: undefined }, mighty),
  'a key with a name too long': signed({ ...header, kid: 'k'.repeat(1_000) }, mighty),
  'a header that must be understood (crit)': `${encode({ ...header, crit: ['exp'] })}.${body}.${signature}`,
  'a body that is not encoded (b64)': `${encode({ ...header, b64: false, crit: ['b64'] })}.${body}.${signature}`,
  'of another type': `${encode({ ...header, typ: 'JWT' })}.${body}.${signature}`,
  'another body under the same signature': `${head}.${encode(mighty)}.${signature}`,
  'another header under the same signature': `${encode({ ...header, x: 1 })}.${body}.${signature}`,
  'a signature cut short': `${head}.${body}.${cut(128)}`,
  'a signature of nothing': `${head}.${body}.`,
  'a signature of zeroes': `${head}.${body}.${Buffer.alloc(256).toString('base64url')}`,
  'a signature with a byte more': `${head}.${body}.${Buffer.concat([Buffer.from(signature, 'base64url'), Buffer.from([0])]).toString('base64url')}`,
  'two dots and nothing else': '..',
  'one dot': `${head}.${body}`,
  'three dots': `${a.customer.accessToken}.x`,
  'five parts': `${head}.${body}.${signature}.${body}.${signature}`,
  'cut in half': a.customer.accessToken.slice(0, a.customer.accessToken.length / 2),
  'not encoded': 'null.null.null',
  'header and body that are null': `${encode(null)}.${encode(null)}.${signature}`,
  'header that is a list': `${encode([header])}.${body}.${signature}`,
  'longer than any token': `${head}.${encode({ ...claims, filler: 'x'.repeat(8_000) })}.${signature}`,
  padded: `${head}=.${body}==.${signature}==`,
  'a refresh token': a.customer.refreshToken,
  'a password': a.customer.password,
  'an account id': a.customer.accountId,
  nothing: '',
}

const refused = async (token: string, ways: Record<string, string>[] = [{ authorization: `Bearer ${token}` }]) => {
  for (const headers of ways)
    for (const path of ['/v1/auth/verify', '/v1/orders', '/v1/identity/accounts']) {
      const reply = await stage.client.send({ method: 'GET', path, headers })
      expect([reply.status, ['unauthenticated', 'token-expired'].includes(reply.code ?? '')], reply.text).toEqual([
        401,
        true,
      ])
      expect(reply.headers['www-authenticate']).toMatch(/^Bearer /)
    }
}

describe('a token is refused that is', () => {
  test.each(Object.entries(forged))('%s', async (_, token) => {
    await refused(token)
    // On routes for everybody it makes nobody of whoever sent it, not somebody.
    const shop = await stage.client.send({
      method: 'GET',
      path: `/v1/shops/${a.hiddenShopId}`,
      headers: { authorization: `Bearer ${token}` },
    })
    expect(shop.status).toBe(404)
  })

  test('sent in any other way', async () => {
    const { accessToken } = a.customer
    await refused('', [
      { authorization: accessToken },
      { authorization: `Basic ${Buffer.from(`${a.customer.email}:${a.customer.password}`).toString('base64')}` },
      { authorization: `Token ${accessToken}` },
      { 'x-api-key': accessToken },
      { authorization: `Bearer ${accessToken}`, 'x-api-key': 'souk_0' },
      { cookie: `accessToken=${accessToken}` },
    ])
    for (const path of ['/v1/auth/verify?access_token=', '/v1/auth/verify?token='])
      expect([400, 401]).toContain((await world.as(undefined, 'GET', path + accessToken)).status)
  })
})

describe('a token that we signed is refused', () => {
  /** Signed with our own key, opened with the secret that only the marketplace has. */
  const sign = async (payload: Part, more: Part = {}) => {
    const [row] = await stage.query<{ sealed: Buffer }>(
      "select private_sealed as sealed from identity.signing_keys where state = 'current'",
    )
    const { sealing } = deriveSecrets(testSecret)
    const der = unseal(sealing, row?.sealed as Buffer, String(header.kid))
    return signed({ ...header, ...more }, payload, createPrivateKey({ key: der, format: 'der', type: 'pkcs8' }))
  }
  test('only for what is wrong with it: the same claims unchanged are accepted', async () => {
    const token = await sign({ ...claims })
    const reply = await world.as({ ...a.customer, accessToken: token }, 'GET', '/v1/auth/verify')
    expect(reply.status, reply.text).toBe(200)
  })
  const wrong: Record<string, Part> = {
    'when it is expired': { ...claims, exp: nowSeconds - 60, iat: nowSeconds - 960, nbf: nowSeconds - 960 },
    'when it never expires': { ...claims, exp: undefined },
    'when its end is no number': { ...claims, exp: '9999999999' },
    'when it is not valid yet': { ...claims, nbf: nowSeconds + 600 },
    'when it was issued in the future': { ...claims, nbf: undefined, iat: nowSeconds + 600 },
    'when it is meant for others': { ...claims, aud: 'another' },
    'when it is meant for a list of others': { ...claims, aud: ['another', 'soukk'] },
    'when it is meant for nobody': { ...claims, aud: undefined },
    'when it comes from others': { ...claims, iss: 'https://souk.example' },
    'when it comes from nobody': { ...claims, iss: undefined },
    'when it is about nobody': { ...claims, sub: '' },
    'when it has no session': { ...claims, sid: undefined },
    'when its permissions are a text': { ...claims, perms: 'operator' },
    'when its shops are a list': { ...claims, shops: [a.shopId] },
  }
  test.each(Object.entries(wrong))('%s', async (_, payload) => refused(await sign(payload)))
  test('when it is of another type', async () => {
    await refused(await sign({ ...claims }, { typ: 'JWT' }))
    await refused(await sign({ ...claims }, { typ: 'id+jwt' }))
  })
})

describe('an API key is refused that is', () => {
  test.each([
    ['unknown', `souk_${'0'.repeat(32)}_${'x'.repeat(43)}`],
    ['cut short', 'souk_'],
    ['a statement', `souk_' or 1=1 --`],
    ['too long', `souk_${'a'.repeat(3_000)}`],
  ])('%s', (_, key) => refused('', [{ 'x-api-key': key }, { authorization: `Bearer ${key}` }]))
})

const works = async (person: Person, credential = person.accessToken) =>
  (await world.as({ ...person, accessToken: credential }, 'GET', '/v1/auth/verify')).status === 200
/** Two seconds: what is asked every second, and a second to spare. */
const soonRefused = (person: Person, credential?: string) =>
  eventually(async () => expect(await works(person, credential)).toBe(false), { timeoutMs: 2_000, everyMs: 50 })

describe('within two seconds a token ends', () => {
  test('when its owner signs out', async () => {
    const person = await world.signIn(a.customer)
    expect(await works(person)).toBe(true)
    await world.do(person, 'POST', '/v1/auth/logout')
    await soonRefused(person)
    expect((await world.as(undefined, 'POST', '/v1/auth/refresh', { refreshToken: person.refreshToken })).status).toBe(
      401,
    )
  })
  test('when its owner ends that session from another', async () => {
    const [lost, kept] = [await world.signIn(a.customer), await world.signIn(a.customer)]
    const { sessionId } = await world.do<{ sessionId: string }>(lost, 'GET', '/v1/auth/verify')
    await world.do(kept, 'DELETE', `/v1/auth/sessions/${sessionId}`)
    await soonRefused(lost)
    expect(await works(kept)).toBe(true)
  })
  test('when the password is changed, in all other sessions', async () => {
    const person = await world.register('a-changing')
    const other = await world.signIn(person)
    const newPassword = `${person.password}-new`
    await world.do(person, 'POST', '/v1/auth/password', { currentPassword: person.password, newPassword })
    await soonRefused(other)
    expect(await works(person)).toBe(true)
  })
  test('when an operator disables the account, its API keys with it', async () => {
    const person = await world.register('a-banned')
    const { key } = await world.do<{ key: string }>(person, 'POST', '/v1/api-keys', { name: 'Key', permissions: [] })
    expect([await works(person), await works(person, key)]).toEqual([true, true])
    await world.do(operator, 'POST', `/v1/identity/accounts/${person.accountId}/disable`)
    await soonRefused(person)
    const login = await world.as(undefined, 'POST', '/v1/auth/login', {
      email: person.email,
      password: person.password,
    })
    expect([login.status, login.code]).toEqual([403, 'account-disabled'])
    await soonRefused(person, key)
  })
  test('when a role is taken away', async () => {
    const person = await world.register('a-dethroned')
    const path = `/v1/identity/accounts/${person.accountId}/roles`
    await world.do(operator, 'PUT', path, { roles: ['shopper', 'operator'] })
    const mightier = await world.signIn(person)
    expect((await world.as(mightier, 'GET', '/v1/identity/accounts')).status).toBe(200)
    await world.do(operator, 'PUT', path, { roles: ['shopper'] })
    await soonRefused(mightier)
  })
  test('when a refresh token comes back a second time, long after it was used', async () => {
    const person = await world.signIn(a.customer)
    const again = { refreshToken: person.refreshToken }
    const first = (await world.as(undefined, 'POST', '/v1/auth/refresh', again)).json as Person
    await stage.query(
      "update identity.refresh_tokens set replaced_at = replaced_at - interval '1 minute' where replaced_at is not null",
    )
    expect((await world.as(undefined, 'POST', '/v1/auth/refresh', again)).status).toBe(401)
    await soonRefused({ ...person, ...first })
  })
  test('when it is an API key and is revoked', async () => {
    const { key, keyId } = await world.do<{ key: string; keyId: string }>(a.customer, 'POST', '/v1/api-keys', {
      name: 'Key',
      permissions: ['orders:place'],
    })
    expect(await works(a.customer, key)).toBe(true)
    await world.do(a.customer, 'DELETE', `/v1/api-keys/${keyId}`)
    await soonRefused(a.customer, key)
  })
})

test('keys can be rotated under way: tokens of before go on, new ones are signed with the next key', async () => {
  const before = await world.signIn(a.customer)
  await world.do(operator, 'POST', '/v1/identity/keys/rotate')
  const after = await world.signIn(a.customer)
  expect(decode(after.accessToken.split('.')[0] ?? '').kid).not.toBe(decode(before.accessToken.split('.')[0] ?? '').kid)
  expect([await works(before), await works(after)]).toEqual([true, true])
  expect(await works(await world.signIn(a.customer))).toBe(true)
})
