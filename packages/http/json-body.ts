import { Transform } from 'node:stream'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { errors } from './errors.ts'

const maxDepth = 32
const quote = 34
const backslash = 92

/** Whether brackets are nested deeper than any honest body of ours. About 1 ns a byte, and no stack to overflow. */
export function isTooDeep(text: string): boolean {
  let depth = 0
  for (let at = 0; at < text.length; at += 1) {
    const character = text.charCodeAt(at)
    if (character === quote) {
      at += 1
      while (at < text.length && text.charCodeAt(at) !== quote) at += text.charCodeAt(at) === backslash ? 2 : 1
    } else if (character === 123 || character === 91) {
      depth += 1
      if (depth > maxDepth) return true
    } else if (character === 125 || character === 93) depth -= 1
  }
  return false
}

/**
 * JSON and nothing else. Refuses `__proto__` and `constructor` as names of fields, deep nesting, and what is not JSON
 * (NaN, comments). An empty body is no body: clients that always send the content type may call routes that take none.
 * Routes with `rawBody` are given its bytes, whatever they are; routes with `streamBody` other types than JSON as a stream.
 */
export function acceptJsonOnly(app: FastifyInstance): void {
  app.removeAllContentTypeParsers()
  const parse = app.getDefaultJsonParser('error', 'error')
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, body, done) => {
    const bytes = body as Buffer
    if ((request.routeOptions.config as { rawBody?: boolean } | undefined)?.rawBody) return done(null, bytes)
    const text = bytes.toString('utf8')
    if (text === '') done(null, undefined)
    else if (isTooDeep(text)) done(errors.error('malformed-json', `The body is nested more than ${maxDepth} deep.`))
    else void parse(request, text, done)
  })
  app.addContentTypeParser('*', (request, payload, done) => {
    const { streamBody } = (request.routeOptions.config ?? {}) as { streamBody?: readonly string[] }
    const type = request.headers['content-type']?.split(';')[0]?.trim().toLowerCase() ?? ''
    if (streamBody === undefined || !streamBody.includes(type)) {
      done(errors.error('unsupported-media-type', `Send ${(streamBody ?? ['application/json']).join(' or ')}.`))
      return
    }
    const limit = request.routeOptions.bodyLimit ?? 0
    if (Number(request.headers['content-length'] ?? 0) > limit)
      done(errors.error('body-too-large', `Send ${limit} bytes at most.`))
    else done(null, payload.pipe(limited(request, limit)))
  })
}

/** Passes on what comes, and breaks off where it is more than was announced or allowed. */
function limited(request: FastifyRequest, limit: number): Transform {
  let bytes = 0
  const stream = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length
      if (bytes > limit) done(errors.error('body-too-large', `Send ${limit} bytes at most.`))
      else done(null, chunk)
    },
  })
  request.raw.on('error', (error) => stream.destroy(error))
  request.raw.on('aborted', () =>
    stream.destroy(Object.assign(new Error('the sender hung up'), { code: 'ECONNRESET' })),
  )
  return stream
}
