// The way through the shop: look, search, cart, checkout. 200 people; p95 under 500 ms, p99 under 1 s, under 1 % failed.
import http from 'k6/http'
import { check, sleep } from 'k6'
import { as, baseUrl, expected, makeShoppers, mine, newKey, one, removeShoppers, seconds, signInOperator, someProducts, unread, vus } from './lib.js'

http.setResponseCallback(expected)
export const options = {
  scenarios: { journey: { executor: 'constant-vus', vus: vus(200), duration: `${seconds(60)}s` } },
  thresholds: { http_req_duration: ['p(95)<500', 'p(99)<1000'], http_req_failed: ['rate<0.01'], checks: ['rate>0.99'] },
  setupTimeout: '5m',
}

export function setup() {
  const operator = signInOperator()
  return { operator, products: someProducts(50), shoppers: makeShoppers(operator, vus(200)) }
}

export default function ({ products, shoppers }) {
  const token = mine(shoppers)
  const { productId, variantId } = one(products)
  const ok = (name, answer, ...statuses) => check(answer, { [name]: ({ status }) => statuses.includes(status) })
  ok('the category', http.get(`${baseUrl}/v1/products?limit=20`, unread), 200)
  ok('the search', http.get(`${baseUrl}/v1/search?q=tea&limit=20`, unread), 200)
  ok('the product', http.get(`${baseUrl}/v1/products/${productId}`, unread), 200)
  sleep(1)
  const cart = http.post(`${baseUrl}/v1/carts`, '{}', as(token, { 'idempotency-key': newKey() }))
  if (!ok('a cart', cart, 200, 201)) return
  const cartId = cart.json('cart.id')
  const item = http.put(`${baseUrl}/v1/carts/${cartId}/items/${variantId}`, JSON.stringify({ quantity: 1 }), as(token, { 'idempotency-key': newKey() }))
  ok('in the cart', item, 200, 201, 409)
  sleep(1)
  const done = http.post(`${baseUrl}/v1/carts/${cartId}/checkout`, JSON.stringify({ paymentMethod: 'cash-on-delivery' }), as(token, { 'idempotency-key': newKey() }))
  // 202: a shop has not answered yet; what becomes of it is at /v1/checkouts/{checkoutId}.
  ok('checked out', done, 201, 202, 409)
}

export function teardown({ operator }) {
  removeShoppers(operator)
}
