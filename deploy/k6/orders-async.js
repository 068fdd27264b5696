// Orders placed for later (202): 500 people, 95 of 100 answered within two seconds, under 1 % failed.
import http from 'k6/http'
import { sleep } from 'k6'
import { accountsFor, as, baseUrl, expected, isOrder, makeShoppers, mine, newKey, one, removeShoppers, seconds, signInOperator, someProducts, vus } from './lib.js'

http.setResponseCallback(expected)
export const options = {
  scenarios: { orders: { executor: 'constant-vus', vus: vus(500), duration: `${seconds(60)}s` } },
  thresholds: { 'http_req_duration{what:order}': ['p(95)<2000'], 'http_req_failed{what:order}': ['rate<0.01'], checks: ['rate>0.99'] },
  setupTimeout: '5m',
}

export function setup() {
  const operator = signInOperator()
  return { operator, products: someProducts(20), shoppers: makeShoppers(operator, accountsFor(vus(500))) }
}

export default function ({ products, shoppers }) {
  const lines = [{ variantId: one(products).variantId, quantity: 1 }]
  const asked = Object.assign(as(mine(shoppers), { 'idempotency-key': newKey(), prefer: 'respond-async' }), { tags: { what: 'order' } })
  isOrder(http.post(`${baseUrl}/v1/orders`, JSON.stringify({ lines }), asked))
  sleep(1)
}

export function teardown({ operator }) {
  removeShoppers(operator)
}
