import { request } from 'node:http'
import { eventually } from '@souk/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { inParallel, type Reply } from './client.ts'
import { type Operation, type Schema, spotsOf, withValueAt } from './document.ts'
import { ask, callOf, everyRoute, faultsOf, type Sample } from './recipes/index.ts'
import { openStage } from './stage.ts'
import { buildWorld, type Person, unique } from './world.ts'

const stage = await openStage()
afterAll(() => stage.close())
const world = await buildWorld(stage)
const routes = everyRoute(stage.document)
const { a, operator } = world

/** Meant to end a statement, to open another, to be run, to be read as something else, or to be more than fits. */
const payloads = [
  `'`,
  `'; drop table public.canary; --`,
  `" or ""="`,
  `') or ('1'='1' /*`,
  `$$; drop table public.canary; $$`,
  `\\'; select pg_sleep(5); --`,
  `1; update public.canary set value = 0`,
  `%' or value like '%`,
  `$1`,
  '${process.exit(1)}',
  `{"$gt":""}`,
  `__proto__`,
  `constructor`,
  `../../../../etc/passwd`,
  `..%2f..%2f..%2fetc%2fpasswd`,
  `%00`,
  `%c0%af`,
  `%`,
  `a\u0000b`,
  `\u0001\u001f\u007f`,
  `\ud800`,
  `\udfff\ud800`,
  `\u202etxt.exe`,
  `ﬀ\u0130\u017f\u212a`,
  `e\u0301`.repeat(50),
  `👩‍👩‍👧‍👦`.repeat(20),
  `<script>alert(1)</script>`,
  `{{7*7}}`,
  `\r\nset-cookie: a=b`,
  ` `,
  ``,
  `x`.repeat(5_000),
  `(`.repeat(2_000),
]
/** What a database answers when it is asked in ways nobody foresaw. */
const inside =
  /syntax error|unterminated|pg_|postgres|relation "|column "|invalid byte sequence|\bat .+\.ts:\d|node_modules/i

const samples = new Map<string, Sample>()
beforeAll(async () => {
  await stage.query('create table public.canary (value int)')
  await stage.query('insert into public.canary values (42)')
  for (const { operation, recipe } of routes) samples.set(operation.operationId, await recipe.make(world))
})

const check = (operation: Operation, reply: Reply, what: string) => {
  expect(reply.status, `${what}: ${reply.text}`).not.toBe(500)
  // Said before anybody knows which route is meant, so no route declares it: too long or broken for an address.
  const unread = ['not-found', 'bad-request'].includes(reply.code ?? '')
  if (!unread) expect(faultsOf(operation, reply), what).toEqual([])
  // What was sent may come back; what comes back beyond it must not tell of the inside.
  if (reply.status >= 400)
    expect(reply.text.replaceAll(JSON.stringify(what).slice(1, -1), ''), what).not.toMatch(inside)
}

const isText = (schema: Schema) => schema.type === 'string' && schema.enum === undefined

/** Each place of a request that takes a text, and the request with another text there. */
function* textSpots(operation: Operation, sample: Sample): Generator<[string, (text: string) => Sample]> {
  for (const { name, in: place, schema } of operation.parameters) {
    if (place === 'path') yield [name, (text) => ({ ...sample, params: { ...sample.params, [name]: text } })]
    if (place === 'query') yield [name, (text) => ({ ...sample, query: { ...sample.query, [name]: text } })]
    if (place === 'query' && schema.type === 'string' && name !== 'cursor')
      yield [`a second ${name}`, (text) => ({ ...sample, query: { ...sample.query, [`${name}[$ne]`]: text } })]
  }
  if (operation.body === undefined) return
  for (const { at, schema } of spotsOf(operation.body, sample.body))
    if (isText(schema)) yield [at.join('/'), (text) => ({ ...sample, body: withValueAt(sample.body, at, text) })]
}

/** Each of these hashes a password, which is made to take long; too many wrong ones would slow everybody here down. */
const oneIn: Readonly<Record<string, number>> = {
  register: 3,
  logIn: 4,
  changePassword: 6,
  beginSecondFactor: 12,
  removeSecondFactor: 12,
}

describe('whatever text is sent, it is refused or it is only a text', () => {
  test.each(routes)('$operation.operationId', async ({ operation, recipe }) => {
    const sample = samples.get(operation.operationId) as Sample
    const person = sample.as ?? recipe.as(world)
    const every = oneIn[operation.operationId] ?? 1
    const tried = payloads.filter((_, index) => index % every === every - 1)
    const calls = [...textSpots(operation, sample)].flatMap(([where, with_]) =>
      tried.map((text) => ({ where, text, sample: with_(text) })),
    )
    await inParallel(calls, 4, async (call) => {
      let reply: Reply
      try {
        reply = await ask(world, operation, call.sample, person)
      } catch (error) {
        // Half characters cannot be put into an address; the client itself refuses.
        if (error instanceof URIError) return
        throw error
      }
      check(operation, reply, call.text)
    })
  })
})

/** What kind of value a setting takes is known to the setting, not to the route. */
const ownKinds = new Set(['changeMySetting'])

describe('no value where a text stands is anything but refused', () => {
  const withBody = routes.filter(({ operation }) => operation.body !== undefined)
  test.each(withBody)('$operation.operationId', async ({ operation, recipe }) => {
    const sample = samples.get(operation.operationId) as Sample
    const person = sample.as ?? recipe.as(world)
    for (const { at, schema } of spotsOf(operation.body as Schema, sample.body)) {
      if (!isText(schema)) continue
      for (const value of [{ $gt: '' }, { $ne: null }, ['a', 'b'], 7, true, { toString: 'x' }]) {
        const reply = await ask(world, operation, { ...sample, body: withValueAt(sample.body, at, value) }, person)
        const refused = `${reply.status} ${reply.code}`
        if (!(ownKinds.has(operation.operationId) && refused === '422 setting-refused'))
          expect(refused, `${at.join('/')} ${reply.text}`).toBe('400 validation-failed')
      }
    }
  })
})

const encode = (value: unknown) =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url')

test('a cursor that was made up, cut short or taken from another list never breaks a list', async () => {
  const made = [
    a.productId,
    a.orderId,
    '00000000-0000-0000-0000-000000000000',
    'null',
    '[]',
    '{}',
    '9'.repeat(30),
    ['', a.shopId],
    ["'; drop table public.canary", a.shopId],
    [1e308, a.shopId],
    ['\u0000', a.shopId],
    ['\ud800', a.shopId],
    [{ $gt: '' }, a.shopId],
    ['newest', 'x', a.productId],
    ['["newest",null]', '\ud800', a.productId],
    ['prices', 2 ** 53, a.variantId],
    ...[8.64e15 + 1, -8.64e15, -1, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER].flatMap((instant) => [
      ['flash-sale', instant, a.saleWindowId],
      [`sales running ${a.shopId}`, instant, a.saleWindowId],
    ]),
  ]
  const lists = routes.filter(({ operation }) => operation.parameters.some(({ name }) => name === 'cursor'))
  expect(lists.length).toBeGreaterThan(12)
  for (const { operation, recipe } of lists) {
    const sample = samples.get(operation.operationId) as Sample
    for (const cursor of [...made.map(encode), ...made.map((each) => String(each)), 'A', '====', encode('{"a":')]) {
      const reply = await ask(world, operation, { ...sample, query: { ...sample.query, cursor } }, recipe.as(world))
      check(operation, reply, cursor)
      expect([200, 400], `${operation.operationId} ${cursor} ${reply.text}`).toContain(reply.status)
    }
  }
})

describe('a header', () => {
  const texts = payloads.filter((text) => /^[\x20-\x7e]*$/.test(text) && text.length < 6_000)
  const names = ['accept-language', 'idempotency-key', 'x-correlation-id', 'x-request-id', 'traceparent', 'tracestate']
  const more = [
    'user-agent',
    'prefer',
    'if-match',
    'accept',
    'origin',
    'referer',
    'cookie',
    'x-forwarded-for',
    'forwarded',
    'content-type',
    'content-encoding',
    'accept-encoding',
    'range',
    'x-api-key',
  ]
  test.each([...names, ...more])('%s may hold anything', async (name) => {
    const asked = ['placeOrder', 'editShop', 'listProducts', 'logOut', 'getOrder', 'register']
    for (const operationId of asked) {
      const { operation, recipe } = routes.find(
        (route) => route.operation.operationId === operationId,
      ) as (typeof routes)[number]
      const sample = samples.get(operationId) as Sample
      const person = operationId === 'logOut' || operationId === 'register' ? undefined : recipe.as(world)
      for (const text of operationId === 'register' ? texts.slice(1, 3) : texts) {
        const reply = await ask(world, operation, { ...sample, headers: { ...sample.headers, [name]: text } }, person)
        expect(reply.status, `${operationId} ${text} ${reply.text}`).not.toBe(500)
        expect(JSON.stringify(reply.headers), text).not.toContain('a=b')
      }
    }
  })
  test('that is no text at all is refused or ignored', async () => {
    const { path } = callOf(stage.document.get('placeOrder') as Operation, {})
    for (const bytes of ['\xff\xfe', '\x80', 'ÿ', '\xc3\x28']) {
      const status = await raw(path, a.customer, {
        'idempotency-key': bytes,
        'user-agent': bytes,
        prefer: bytes,
        traceparent: bytes,
      })
      expect(status).toBe(400)
    }
  })
  test('user-agent is kept as it was sent, at most 200 characters of it', async () => {
    const userAgent = `'; drop table sessions; -- ${'x'.repeat(300)}`
    const { email, password } = a.customer
    const login = await world.as(undefined, 'POST', '/v1/auth/login', { email, password }, { 'user-agent': userAgent })
    const person = { ...a.customer, ...(login.json as Person) }
    const { items } = await world.do<{ items: { userAgent: string }[] }>(person, 'GET', '/v1/auth/sessions')
    expect(items.map((session) => session.userAgent)).toContain(userAgent.slice(0, 200))
  })
})

/** The status of a POST whose headers are put on the wire byte for byte. */
const raw = (path: string, person: Person, headers: Record<string, string>): Promise<number> =>
  new Promise((resolve, reject) => {
    const outgoing = request(`${stage.url}${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${person.accessToken}`, ...headers },
    })
    outgoing.on('response', (reply) => {
      reply.resume()
      resolve(reply.statusCode ?? 0)
    })
    outgoing.on('error', reject)
    outgoing.end()
  })

describe('a text that is kept comes back as it was sent', () => {
  const texts = [
    `'; drop table public.canary; --`,
    `"quoted" \\ 'and' $1 %s {{x}} \${y}`,
    `<script>alert(document.domain)</script>`,
    `👩‍👩‍👧‍👦 Ünï 漢字 عربى \u202e`,
    `e\u0301 is not \u00e9`,
    `null`,
    `{"$gt":""}`,
    `constructor`,
  ]
  test.each(texts)('%s', async (text) => {
    const shop = await world.do<{ id: string }>(a.owner, 'POST', '/v1/shops', {
      name: text,
      description: text,
      metadata: { note: text },
      country: 'DE',
      currency: 'EUR',
      slug: `i-${unique()}`,
      logo: { url: 'https://souk.example/a.png', alt: text },
    })
    const seen = await world.do(await world.signIn(a.owner), 'GET', `/v1/shops/${shop.id}`)
    expect(seen).toMatchObject({ name: text, description: text, metadata: { note: text }, logo: { alt: text } })

    const product = await world.do<{ id: string }>(a.owner, 'POST', '/v1/products', {
      shopId: a.shopId,
      title: text,
      description: text,
      status: 'active',
      tags: [text.slice(0, 40)],
      options: [{ name: text.slice(0, 40), values: [text] }],
      pictures: [{ url: 'https://souk.example/a.png', alt: text }],
      variants: [
        {
          sku: `I-${unique()}`,
          options: JSON.parse(`{${JSON.stringify(text.slice(0, 40))}:${JSON.stringify(text)}}`) as object,
          priceMinor: 1,
        },
      ],
    })
    expect(await world.do(a.owner, 'GET', `/v1/products/${product.id}`)).toMatchObject({
      title: text,
      description: text,
      tags: [text.slice(0, 40)],
      options: [{ name: text.slice(0, 40), values: [text] }],
      pictures: [{ alt: text }],
    })
    const { items } = await world.do<{ items: { title: string }[] }>(
      a.owner,
      'GET',
      `/v1/products?shopId=${a.shopId}&status=all&tag=${encodeURIComponent(text.slice(0, 40))}`,
    )
    expect(items.map(({ title }) => title)).toEqual([text])

    const key = await world.do<{ name: string; keyId: string }>(a.owner, 'POST', '/v1/api-keys', {
      name: text,
      permissions: [],
    })
    expect(key.name).toBe(text)
    const category = { slug: `i-${unique()}`, title: text }
    expect(await world.do(operator, 'POST', '/v1/categories', category)).toMatchObject(category)
    const name = `${text} ${unique()}`
    expect(await world.do(a.owner, 'POST', `/v1/shops/${a.shopId}/locations`, { name })).toMatchObject({ name })
    const lines = [{ variantId: a.variantId, delta: 1 }]
    await world.do(a.owner, 'POST', '/v1/inventory/adjustments', {
      shopId: a.shopId,
      reason: 'received',
      note: text,
      lines,
    })
    const ledger = await world.do<{ items: { note: string }[] }>(
      a.owner,
      'GET',
      `/v1/inventory/movements?variantId=${a.variantId}`,
    )
    expect(ledger.items.map(({ note }) => note)).toContain(text)
  })

  test('and is not run on the page that shows it', async () => {
    await world.do(a.owner, 'POST', '/v1/products', {
      shopId: a.shopId,
      title: '<script>alert(1)</script>',
      status: 'active',
      variants: [{ sku: `I-${unique()}`, priceMinor: 1 }],
    })
    // The page is kept for two seconds.
    await eventually(async () => {
      const page = await world.as(undefined, 'GET', '/')
      expect(page.status).toBe(200)
      expect(page.text).not.toContain('<script>alert')
      expect(page.text).toContain('&lt;script&gt;')
    })
  })
})

test('addresses outside the contract keep to themselves, too', async () => {
  for (const folder of ['/v1/pictures/', '/problems/', '/docs/', '/', '/metrics/', '/.well-known/'])
    for (const text of payloads) {
      let path: string
      try {
        path = folder + encodeURIComponent(text)
      } catch {
        continue
      }
      for (const each of [
        path,
        decodeURIComponent(path).startsWith('/') && /^[!-~]+$/.test(text) ? folder + text : path,
      ]) {
        const reply = await world.as(undefined, 'GET', each)
        expect(reply.status, `${each} ${reply.text}`).not.toBe(500)
        expect(reply.text).not.toContain('root:')
      }
    }
})

test('after all that the tables stand, and nobody has touched the canary', async () => {
  expect(await stage.query('select value from public.canary')).toEqual([{ value: 42 }])
  const audit = await world.as(operator, 'GET', '/v1/operations/audit?full=true')
  const { checks } = audit.json as {
    checks: { invariant: string; title: string; findings: object[]; failure: string | null }[]
  }
  // How far consumers are behind is about this moment, not about the books.
  const broken = checks.filter(({ findings, failure }) => findings.length > 0 || failure !== null)
  expect(broken).toEqual([])
})
