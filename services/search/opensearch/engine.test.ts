import { randomUUID } from 'node:crypto'
import { opensearchForTests } from '@souk/engines/for-tests'
import { afterAll, describe, test } from 'vitest'
import { searchEngineConformance } from '../engine.conformance.ts'
import { opensearchEngine } from './engine.ts'

const server = await opensearchForTests()
afterAll(async () => {
  if (server.notTried === undefined) await server.close()
})

if (server.notTried !== undefined) test.skip(server.notTried)
else
  describe('a real OpenSearch', () =>
    searchEngineConformance(async () => {
      const engine = opensearchEngine({ url: server.url, alias: `test-${randomUUID().slice(0, 8)}`, timeoutMs: 10_000 })
      return { engine, close: () => engine.close() }
    }))
