import { join } from 'node:path'
import type { DemoState } from '../seed/demo.ts'
import type { SignIn } from '../running.ts'

type Opened = {
  url: string
  /** What people are told can be read at /inbox. */
  inbox: boolean
  /** Where shoppers look around. */
  storefront: string | undefined
  /** /admin is served. */
  admin: boolean
  demo: DemoState | undefined
  operator: SignIn | undefined
  folder: string
  /** The database is the embedded one. */
  own: boolean
  testProvider: string | undefined
}

const line = (name: string, value: string) => `  ${name.padEnd(15)} ${value}`
const signIn = (who: string, { email, password }: SignIn) => `  ${who.padEnd(28)} ${email.padEnd(30)} ${password}`

/** What a newcomer needs to know when the doors are open. */
export function summary({ url, inbox, admin, storefront, demo, operator, folder, own, testProvider }: Opened): string {
  const where = [
    'Souk is open.',
    '',
    ...(storefront === undefined ? [] : [line('Storefront', `${storefront}/`)]),
    line('Marketplace', `${url}/`),
    ...(admin ? [line('Admin', `${url}/admin/`)] : []),
    ...(inbox ? [line('Inbox', `${url}/inbox`)] : []),
    line('Shop API', `${url}/v1`),
    line('API reference', `${url}/docs`),
    line('OpenAPI', `${url}/openapi.json`),
    line('Metrics', `${url}/metrics`),
    line('Health', `${url}/health/ready`),
    ...(testProvider === undefined ? [] : [line('Test payments', `${testProvider}/`)]),
    line('Data', own ? folder : 'the database of DATABASE_URL'),
  ]
  const people =
    demo === undefined
      ? operator === undefined
        ? []
        : ['', 'Sign-in', signIn('operator', operator)]
      : peopleOf(demo, folder)
  return [
    ...where,
    ...people,
    ...(demo === undefined ? [] : [...salesOf(demo), ...firstOrder(url, demo)]),
    ...next,
  ].join('\n')
}

const peopleOf = ({ signIns, shops, products }: DemoState, folder: string) => [
  '',
  `Stocked with ${shops} shops and ${products} products. Sign-ins of the demo (e-mail, password):`,
  signIn('operator', signIns.operator),
  ...signIns.staff.slice(0, 3).map((staff) => signIn(staff.shop, staff)),
  ...signIns.shoppers.slice(0, 2).map((shopper) => signIn('shopper', shopper)),
  `  and ${signIns.staff.length - 3 + signIns.shoppers.length - 2} more in ${join(folder, 'marketplace.json')}`,
]

const salesOf = ({ sales }: DemoState) =>
  sales.length === 0
    ? []
    : [
        '',
        'Sales',
        ...sales.map(
          ({ name, startsAt, endsAt, productId }) =>
            `  ${phase(startsAt, endsAt).padEnd(15)} ${name}, product ${productId}`,
        ),
      ]

function phase(startsAt: string, endsAt: string): string {
  const now = Date.now()
  const inMinutes = Math.ceil((Date.parse(startsAt) - now) / 60_000)
  if (inMinutes > 0) return `in ${inMinutes} min`
  return Date.parse(endsAt) > now ? 'running' : 'over'
}

function firstOrder(url: string, { signIns, firstVariantId }: DemoState): string[] {
  const [shopper] = signIns.shoppers
  if (shopper === undefined || firstVariantId === undefined) return []
  return [
    '',
    'A first order, to paste into another terminal:',
    '',
    `  TOKEN=$(curl -s ${url}/v1/auth/login -H 'content-type: application/json' \\`,
    `    -d '{"email":"${shopper.email}","password":"${shopper.password}"}' | sed 's/.*"accessToken":"\\([^"]*\\)".*/\\1/')`,
    `  curl -s ${url}/v1/orders -H "authorization: Bearer $TOKEN" -H 'content-type: application/json' \\`,
    `    -H "idempotency-key: my-first-order" -d '{"lines":[{"variantId":"${firstVariantId}","quantity":1}]}'`,
  ]
}

const next = ['', 'In another terminal: npm run flash-sale, npm run souk -- audit. Stop with Ctrl-C.']
