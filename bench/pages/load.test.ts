import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import { askForPages } from './load.ts'

test('a page that comes late is charged from when it was due, and what went wrong is counted', async () => {
  let asked = 0
  const server = createServer((_, response) => {
    asked += 1
    const status = asked % 10 === 0 ? 503 : 200
    setTimeout(() => response.writeHead(status).end('page'), 30)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const result = await askForPages({
    url: `http://127.0.0.1:${port}`,
    paths: ['/a', '/b'],
    ratePerSecond: 100,
    seconds: 1,
    seed: 1,
  })
  expect(result).toMatchObject({ pages: 100, statuses: { 200: 90, 503: 10 } })
  expect(result.p50Ms).toBeGreaterThanOrEqual(29)
  server.close()
})
