import { randomUUID } from 'node:crypto'
import { minioForTests } from '@souk/engines/for-tests'
import { afterAll, describe, test } from 'vitest'
import { s3Storage } from './s3-storage.ts'
import { storageConformance } from './storage.conformance.ts'

const minio = await minioForTests()
afterAll(async () => {
  if (minio.notTried === undefined) await minio.close()
})

if (minio.notTried !== undefined) test.skip(minio.notTried)
else
  describe('a bucket of a real S3 server (MinIO)', () =>
    storageConformance(async () => {
      const storage = s3Storage({
        endpoint: minio.url,
        region: 'us-east-1',
        bucket: `test-${randomUUID().slice(0, 8)}`,
        accessKeyId: minio.accessKeyId,
        secretAccessKey: minio.secretAccessKey,
        pathStyle: true,
      })
      return { storage, send: (url, init) => fetch(url, init), close: async () => storage.close() }
    }))
