// A campaign was sent and everybody follows its link at once: 2,000 people read; 95 of 100 within a second, under 5 % failed.
import http from 'k6/http'
import { check, sleep } from 'k6'
import { baseUrl, expected, one, seconds, someProducts, unread, vus } from './lib.js'

http.setResponseCallback(expected)
const people = vus(2000)
export const options = {
  scenarios: {
    readers: { executor: 'ramping-vus', startVUs: 0, stages: [{ duration: '10s', target: people }, { duration: `${seconds(60)}s`, target: people }, { duration: '5s', target: 0 }] },
  },
  thresholds: { http_req_duration: ['p(95)<1000'], http_req_failed: ['rate<0.05'], checks: ['rate>0.95'] },
}

export const setup = () => ({ products: someProducts(50) })

export default function ({ products }) {
  check(http.get(`${baseUrl}/v1/products/${one(products).productId}`, unread), { 'the page': ({ status }) => status === 200 })
  sleep(Math.random() * 3)
  check(http.get(`${baseUrl}/v1/products?limit=20`, unread), { 'the list': ({ status }) => status === 200 })
  sleep(Math.random() * 3)
}
