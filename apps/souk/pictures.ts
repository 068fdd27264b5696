import type { FastifyInstance } from 'fastify'
import { pictureSvg } from './demo/index.ts'

/** The drawn pictures of the demo marketplace: the same name gives the same picture, for ever. */
export function servePictures(app: FastifyInstance): void {
  app.get<{ Params: { file: string } }>('/v1/pictures/:file', { config: { access: 'public' } }, (request, reply) => {
    const seed = /^([a-z0-9-]{1,80})\.svg$/.exec(request.params.file)?.[1]
    if (seed === undefined) return reply.callNotFound()
    return reply
      .header('cache-control', 'public, max-age=31536000, immutable')
      .type('image/svg+xml')
      .send(pictureSvg(seed, 'Drawing of the product', ''))
  })
}
