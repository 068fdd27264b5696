// What the loads share. Settings (k6 run -e NAME=value):
//   BASE_URL    of the API, through the gateway; default http://127.0.0.1:7700
//   OPERATOR_EMAIL, OPERATOR_PASSWORD   who may make the shoppers of a rehearsal, and takes them away afterwards
//   VUS, SECONDS                        instead of a script's own
import { check, fail } from 'k6'
import http from 'k6/http'

export const baseUrl = (__ENV.BASE_URL || 'http://127.0.0.1:7700').replace(/\/$/, '')
export const vus = (usual) => Number(__ENV.VUS || usual)
export const seconds = (usual) => Number(__ENV.SECONDS || usual)

const json = { 'content-type': 'application/json' }
export const as = (token, more = {}) => ({ headers: { ...json, authorization: `Bearer ${token}`, ...more } })

/** A 409 (sold out, cap reached) is an answer, not a failure; so is being asked to come back (503 with Retry-After). */
export const expected = http.expectedStatuses({ min: 200, max: 399 }, 404, 409)

/** Of an answer only that it came whole: a page nobody looks at need not be kept. */
export const unread = { responseType: 'none' }

export function signInOperator() {
  const { OPERATOR_EMAIL: email, OPERATOR_PASSWORD: password } = __ENV
  if (!email || !password) fail('Set OPERATOR_EMAIL and OPERATOR_PASSWORD: the rehearsal needs shoppers of its own.')
  const answer = http.post(`${baseUrl}/v1/auth/login`, JSON.stringify({ email, password }), { headers: json })
  if (answer.status !== 200) fail(`The operator could not sign in: ${answer.status} ${answer.body}`)
  return answer.json('accessToken')
}

/**
 * How many accounts so many people share. Each of k6's people gets a copy of all of them: with 2,000 accounts for 2,000 people
 * that alone took k6 a whole core for half a minute, and connections it had no time to use were closed.
 */
export const accountsFor = (people) => Math.min(people, 500)

/** Signed-in shoppers, made for the rehearsal. Their tokens last 15 minutes. */
export function makeShoppers(operator, count) {
  const shoppers = []
  while (shoppers.length < count) {
    const some = Math.min(1000, count - shoppers.length)
    const answer = http.post(`${baseUrl}/v1/identity/rehearsal-shoppers`, JSON.stringify({ count: some }), as(operator))
    if (answer.status !== 201) fail(`No shoppers: ${answer.status} ${answer.body}`)
    for (const { accessToken } of answer.json('items')) shoppers.push(accessToken)
  }
  return shoppers
}

export function removeShoppers(operator) {
  http.del(`${baseUrl}/v1/identity/rehearsal-shoppers`, null, as(operator))
}

/** Products that can be bought now: their id, and their first variant. */
export function someProducts(count) {
  const answer = http.get(`${baseUrl}/v1/products?limit=${Math.min(100, count)}`)
  const items = answer.json('items') || []
  if (items.length === 0) fail(`There is nothing to buy at ${baseUrl}: ${answer.status}`)
  const found = []
  for (const { id: productId } of items) {
    const product = http.get(`${baseUrl}/v1/products/${productId}`)
    const variants = product.json('variants') || []
    if (variants.length > 0) found.push({ productId, variantId: variants[0].id })
  }
  if (found.length === 0) fail(`None of ${items.length} products can be bought.`)
  return found
}

/** A product on sale now. */
export function runningSale() {
  const items = http.get(`${baseUrl}/v1/products/flash-sale?limit=20`).json('items') || []
  const now = new Date().toISOString()
  const sale = items.map(({ sale }) => sale).find(({ startsAt, endsAt }) => startsAt <= now && now < endsAt)
  if (!sale) fail('No sale is running: plan one first (docs/guides/sale-day.md).')
  return sale
}

export const newKey = () => `k6-${__VU}-${__ITER}-${Math.floor(Math.random() * 1e12).toString(36)}`
export const one = (list) => list[Math.floor(Math.random() * list.length)]
export const mine = (list) => list[(__VU - 1) % list.length]

/** Every order that was accepted has an id, and the same one when asked for again. */
export const isOrder = (answer) => check(answer, { 'an order, or a plain no': ({ status }) => [200, 201, 202, 409].includes(status) })
