import { randomUUID } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import {
  CreateBucketCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3'
import { getSignedUrl } from '@aws-sdk/s3-request-presigner'
import { goodKey, type Storage } from './storage.ts'

export type S3Options = {
  endpoint: string | undefined
  region: string
  bucket: string
  accessKeyId: string | undefined
  secretAccessKey: string | undefined
  pathStyle: boolean
}

const isMissing = (error: unknown) =>
  ['NotFound', 'NoSuchKey', 'NoSuchBucket'].includes((error as { name?: string }).name ?? '')

/** Files in a bucket that speaks S3. */
export function s3Storage(options: S3Options): Storage {
  const { bucket } = options
  const client = new S3Client({
    region: options.region,
    forcePathStyle: options.pathStyle,
    maxAttempts: 3,
    // Only where the service asks for it: Google's and older MinIOs do not know the newer checksums.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestHandler: { connectionTimeout: 3_000, requestTimeout: 30_000 },
    ...(options.endpoint !== undefined && { endpoint: options.endpoint }),
    ...(options.accessKeyId !== undefined &&
      options.secretAccessKey !== undefined && {
        credentials: { accessKeyId: options.accessKeyId, secretAccessKey: options.secretAccessKey },
      }),
  })
  let bucketThere: Promise<void> | undefined
  const ready = () =>
    (bucketThere ??= (async () => {
      try {
        await client.send(new HeadBucketCommand({ Bucket: bucket }))
      } catch (error) {
        if (!isMissing(error)) throw error
        await client.send(new CreateBucketCommand({ Bucket: bucket }))
      }
    })().catch((error: unknown) => {
      bucketThere = undefined
      throw error
    }))
  const checked = (key: string): string => {
    if (!goodKey(key)) throw new RangeError(`not a key: ${key}`)
    return key
  }
  const secondsUntil = (until: Date) => Math.max(1, Math.floor((until.getTime() - Date.now()) / 1_000))
  const storage: Storage = {
    name: 's3',
    close: () => client.destroy(),
    async put(key, body, { contentType, bytes }) {
      await ready()
      if (Buffer.isBuffer(body) && body.length !== bytes)
        throw new RangeError(`${body.length} bytes came, ${bytes} were announced`)
      // A source that breaks off ends the request at once: by itself the client would wait for the rest.
      const broken = new AbortController()
      if (!Buffer.isBuffer(body)) body.once('error', () => broken.abort())
      await client.send(
        new PutObjectCommand({
          Bucket: bucket,
          Key: checked(key),
          Body: body,
          ContentLength: bytes,
          ContentType: contentType,
        }),
        { abortSignal: broken.signal },
      )
    },
    async get(key) {
      try {
        const found = await client.send(new GetObjectCommand({ Bucket: bucket, Key: checked(key) }))
        return { body: found.Body as Readable, bytes: found.ContentLength ?? 0 }
      } catch (error) {
        if (isMissing(error)) return undefined
        throw error
      }
    },
    async stat(key) {
      try {
        const found = await client.send(new HeadObjectCommand({ Bucket: bucket, Key: checked(key) }))
        return { bytes: found.ContentLength ?? 0 }
      } catch (error) {
        if (isMissing(error)) return undefined
        throw error
      }
    },
    async remove(keys) {
      await ready()
      for (let at = 0; at < keys.length; at += 1_000)
        await client.send(
          new DeleteObjectsCommand({
            Bucket: bucket,
            Delete: { Quiet: true, Objects: keys.slice(at, at + 1_000).map((key) => ({ Key: checked(key) })) },
          }),
        )
    },
    async list(prefix, afterKey, limit) {
      try {
        const { Contents = [] } = await client.send(
          new ListObjectsV2Command({
            Bucket: bucket,
            Prefix: prefix,
            MaxKeys: Math.min(limit, 1_000),
            ...(afterKey !== '' && { StartAfter: afterKey }),
          }),
        )
        return Contents.map((one) => ({
          key: one.Key ?? '',
          bytes: one.Size ?? 0,
          changedAt: one.LastModified ?? new Date(0),
        }))
      } catch (error) {
        if (isMissing(error)) return []
        throw error
      }
    },
    async withFile(key, use) {
      const found = await storage.get(key)
      if (found === undefined) return undefined
      const path = join(tmpdir(), `souk-media-${randomUUID()}`)
      try {
        await pipeline(found.body, createWriteStream(path, { flags: 'wx', mode: 0o600 }))
        return await use(path)
      } finally {
        await rm(path, { force: true })
      }
    },
    async uploadTarget(key, { contentType, bytes, until }) {
      await ready()
      const command = new PutObjectCommand({
        Bucket: bucket,
        Key: checked(key),
        ContentType: contentType,
        ContentLength: bytes,
      })
      // Signed with its type and length: nothing else may be put there.
      const url = await getSignedUrl(client, command, {
        expiresIn: secondsUntil(until),
        signableHeaders: new Set(['content-type', 'content-length', 'host']),
        unhoistableHeaders: new Set(['content-type', 'content-length']),
      })
      return { method: 'PUT', url, headers: { 'content-type': contentType, 'content-length': String(bytes) } }
    },
    downloadUrl: (key, { fileName, until }) =>
      getSignedUrl(
        client,
        new GetObjectCommand({
          Bucket: bucket,
          Key: checked(key),
          ResponseContentDisposition: `attachment; filename="${fileName.replace(/[^\w. -]/g, '_')}"`,
        }),
        { expiresIn: secondsUntil(until) },
      ),
  }
  return storage
}
