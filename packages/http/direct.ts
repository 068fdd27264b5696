import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { correlationIdOf } from './correlation.ts'
import { errors } from './errors.ts'
import { json } from './headers.ts'
import { isTooDeep } from './json-body.ts'
import type { createPipeline } from './pipeline.ts'
import { type Check, compileCheck } from './schema.ts'
import type { ServedRoute } from './served-route.ts'

type Pipeline = ReturnType<typeof createPipeline>

/** A route marked `hot`, with what the short ways need to know of it. */
export type Direct = {
  served: ServedRoute
  prefix: string
  param: string | undefined
  checkBody: Check
  checkParams: Check | undefined
  bodyBytes: number
}

/** Finds the hot route of an address without a query; undefined for every other address. */
export type FindDirect = (url: string) => Direct | undefined

export function createFinder(routes: readonly ServedRoute[], maxBodyBytes: number): FindDirect {
  const exact = new Map<string, Direct>()
  const prefixed: Direct[] = []
  for (const served of routes) {
    const { url, body, params, bodyLimitBytes } = served.definition
    const [prefix = '', param, ...rest] = url.split(':')
    if (body === undefined || rest.length > 0 || param?.includes('/'))
      throw new RangeError(`${url} cannot be hot: one body, and at most one parameter, at the end`)
    const direct: Direct = {
      served,
      prefix,
      param,
      checkBody: compileCheck('body', body),
      checkParams: params === undefined ? undefined : compileCheck('params', params),
      bodyBytes: bodyLimitBytes ?? maxBodyBytes,
    }
    if (param === undefined) exact.set(url, direct)
    else prefixed.push(direct)
  }
  return (url) =>
    exact.get(url) ?? prefixed.find(({ prefix }) => url.startsWith(prefix) && plainParam.test(url.slice(prefix.length)))
}

/**
 * The short way for routes marked `hot`: from Node's server to the pipeline without Fastify in between. Everything the
 * pipeline does (who, how often, whether, schemas, problems, headers, metrics) is the same code; what is left out is
 * routing, hooks and content types: by a heap profile 12 % of what a request allocates. Only the plainest request goes this
 * way: POST, the exact address without a query, JSON of a stated length, no proxy to believe. wire.ts is shorter still,
 * for connections that carry nothing else.
 */
export const withDirectRoutes =
  (handler: RequestListener, find: FindDirect, pipeline: Pipeline): RequestListener =>
  (message, response) => {
    const direct = message.method === 'POST' ? find(message.url as string) : undefined
    if (direct === undefined || !isPlain(message, direct.bodyBytes)) handler(message, response)
    else serve(direct, message, response, pipeline)
  }

/** Nothing that would have to be decoded, and no second part. */
const plainParam = /^[\w-]{1,200}$/

/** No sort of request that would need more than reading so many bytes of JSON. */
function isPlain({ headers }: IncomingMessage, bodyBytes: number): boolean {
  const length = headers['content-length']
  return (
    isJson(headers['content-type']) &&
    length !== undefined &&
    Number(length) > 0 &&
    Number(length) <= bodyBytes &&
    headers['transfer-encoding'] === undefined &&
    headers.expect === undefined
  )
}

export const isJson = (contentType: string | undefined): boolean =>
  contentType === 'application/json' || contentType === json

function serve(direct: Direct, message: IncomingMessage, response: ServerResponse, pipeline: Pipeline): void {
  const request = new DirectRequest(message)
  const reply = new DirectReply(request, response, direct.served)
  pipeline.receive(direct.served)(request as unknown as FastifyRequest, reply as unknown as FastifyReply, () =>
    readBody(message, (error, text) => handleBody(direct, request, reply, pipeline, error, text)),
  )
}

/** From the body's text to the handler. */
export function handleBody(
  direct: Direct,
  request: DirectRequest,
  reply: DirectReply,
  pipeline: Pipeline,
  error: Error | undefined,
  text: string,
): void {
  if (reply.sent) return
  const asFastify = request as unknown as FastifyRequest
  try {
    if (error !== undefined) throw error
    request.body = direct.checkBody(parse(text))
    if (direct.checkParams !== undefined)
      request.params = direct.checkParams({ [direct.param as string]: request.url.slice(direct.prefix.length) })
  } catch (refusal) {
    pipeline.sendProblem(refusal, asFastify, reply as unknown as FastifyReply)
    return
  }
  pipeline.handle(asFastify)
}

function readBody(message: IncomingMessage, done: (error: Error | undefined, text: string) => void): void {
  let first: Buffer | undefined
  let more: Buffer[] | undefined
  let over = false
  message.on('data', (chunk: Buffer) => {
    if (first === undefined) first = chunk
    else if (more === undefined) more = [first, chunk]
    else more.push(chunk)
  })
  message.on('end', () => {
    if (over) return
    over = true
    done(undefined, (more === undefined ? first : Buffer.concat(more))?.toString('utf8') ?? '')
  })
  message.on('error', (error) => {
    if (over) return
    over = true
    done(error, '')
  })
}

function parse(text: string): unknown {
  if (isTooDeep(text)) throw errors.error('malformed-json', 'The body is nested too deep.')
  try {
    // Escapes can spell a forbidden name in other letters: then every name is looked at, at several times the cost.
    return /\\u|__proto__|constructor/.test(text) ? JSON.parse(text, withoutForbiddenNames) : JSON.parse(text)
  } catch {
    throw errors.error('malformed-json', 'The body could not be read as JSON.')
  }
}

function withoutForbiddenNames(name: string, value: unknown): unknown {
  if (name === '__proto__' || name === 'constructor') throw new SyntaxError(`${name} may not be used`)
  return value
}

/** As much of Fastify's request as the pipeline looks at. */
export class DirectRequest {
  readonly raw: IncomingMessage
  readonly id: string
  exchange: unknown = undefined
  params: unknown = undefined
  query: unknown = undefined
  body: unknown = undefined
  constructor(raw: IncomingMessage) {
    this.raw = raw
    this.id = correlationIdOf(raw)
  }
  get headers() {
    return this.raw.headers
  }
  get url(): string {
    return this.raw.url as string
  }
  get method(): string {
    return this.raw.method as string
  }
  get ip(): string {
    return this.raw.socket.remoteAddress ?? ''
  }
}

/** As much of Fastify's reply as the pipeline uses. */
export class DirectReply {
  readonly request: DirectRequest
  readonly raw: ServerResponse
  readonly served: ServedRoute
  sent = false
  constructor(request: DirectRequest, raw: ServerResponse, served: ServedRoute) {
    this.request = request
    this.raw = raw
    this.served = served
  }
  hijack(): void {
    this.sent = true
  }
  getHeaders() {
    return this.raw.getHeaders()
  }
  getSerializationFunction(status: string) {
    return this.served.serialisers[status]
  }
  header(name: string, value: string): this {
    this.raw.setHeader(name, value)
    return this
  }
  code(status: number): this {
    this.raw.statusCode = status
    return this
  }
  send(payload: string): void {
    this.sent = true
    this.raw.setHeader('content-length', Buffer.byteLength(payload))
    this.raw.end(payload)
  }
}
