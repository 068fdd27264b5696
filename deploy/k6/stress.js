// Beyond what it can do, and back: too much is refused at once and politely, nothing breaks, and afterwards it is as before.
import http from 'k6/http'
import { Counter } from 'k6/metrics'
import { accountsFor, as, baseUrl, makeShoppers, mine, newKey, one, removeShoppers, seconds, signInOperator, someProducts, vus } from './lib.js'

const broken = new Counter('broken')
const impolite = new Counter('refused_without_retry_after')
http.setResponseCallback(http.expectedStatuses({ min: 200, max: 399 }, 409, 429, 503))
const step = seconds(20)
const people = vus(1000)
export const options = {
  scenarios: {
    wave: {
      executor: 'ramping-vus',
      startVUs: 0,
      stages: [
        { duration: `${step}s`, target: people },
        { duration: `${step}s`, target: people * 3 },
        { duration: `${step}s`, target: people },
        { duration: '5s', target: 0 },
      ],
    },
  },
  thresholds: { broken: ['count==0'], refused_without_retry_after: ['count==0'], http_req_failed: ['rate<0.01'] },
  setupTimeout: '5m',
}

export function setup() {
  const operator = signInOperator()
  return { operator, products: someProducts(20), shoppers: makeShoppers(operator, accountsFor(people * 3)) }
}

export default function ({ products, shoppers }) {
  const lines = [{ variantId: one(products).variantId, quantity: 1 }]
  const answer = http.post(`${baseUrl}/v1/orders`, JSON.stringify({ lines }), as(mine(shoppers), { 'idempotency-key': newKey() }))
  if (answer.status >= 500 && answer.status !== 503) broken.add(1)
  if ((answer.status === 503 || answer.status === 429) && !answer.headers['Retry-After']) impolite.add(1)
}

export function teardown({ operator }) {
  removeShoppers(operator)
}
