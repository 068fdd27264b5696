// A sale: everybody wants the same thing at the same moment. R: 95 of 100 answered within half a second, under 1 % failed.
// On the full scale (200,000 people) k6 runs in a fleet; VUS sets what one machine of it plays.
import exec from 'k6/execution'
import http from 'k6/http'
import { accountsFor, as, baseUrl, expected, isOrder, makeShoppers, mine, newKey, removeShoppers, runningSale, seconds, signInOperator, vus } from './lib.js'

const people = vus(200000)
http.setResponseCallback(expected)
export const options = {
  scenarios: {
    crowd: { executor: 'ramping-vus', startVUs: 0, stages: [{ duration: '5s', target: people }, { duration: `${seconds(60)}s`, target: people }], gracefulStop: '30s' },
  },
  thresholds: {
    'http_req_duration{what:order}': ['p(95)<500'],
    'http_req_failed{what:order}': ['rate<0.01'],
    checks: ['rate>0.99'],
  },
  setupTimeout: '10m',
}

export function setup() {
  const operator = signInOperator()
  return { operator, sale: runningSale(), shoppers: makeShoppers(operator, accountsFor(people)) }
}

export default function ({ sale, shoppers }) {
  const key = newKey()
  // Whoever is told to come back comes back, with the same key: it can never become two orders.
  for (let attempt = 0; attempt < 5; attempt += 1) {
    const answer = http.post(
      `${baseUrl}/v1/orders/flash-sale/${sale.productId}`,
      JSON.stringify({ quantity: 1 }),
      Object.assign(as(shoppers[exec.scenario.iterationInTest % shoppers.length] || mine(shoppers), { 'idempotency-key': key }), { tags: { what: 'order' } }),
    )
    if (answer.status !== 503 && answer.status !== 429) return void isOrder(answer)
  }
}

export function teardown({ operator }) {
  removeShoppers(operator)
}
