import type { Readable } from 'node:stream'
import { type EndpointResponse, type Mount, RUN_PATH } from '@dispatch/core/adapter'
import type { FastifyInstance, FastifyReply, FastifyRequest, FastifySchema } from 'fastify'

/** Keeps a route out of the documentation that @fastify/swagger generates. */
const HIDDEN = { hide: true } as FastifySchema

/** Turns @fastify/compress off: signatures cover the bytes as they are sent. */
const AS_SENT = { compress: false, decompress: false }

/** The routes of a mount. They replace the parsers of the scope they are in. */
export async function dispatchRoutes(scope: FastifyInstance, { mount }: { mount: Mount }): Promise<void> {
  const exchangeOf = (request: FastifyRequest, reply: FastifyReply) => mount.exchange(request.raw, reply.raw)
  scope.removeAllContentTypeParsers()
  scope.addContentTypeParser('*', (request: FastifyRequest, payload: Readable) =>
    mount.exchange(request.raw).readBody(payload),
  )
  scope.route<{ Body: Uint8Array | undefined }>({
    url: RUN_PATH,
    method: scope.supportedMethods,
    schema: HIDDEN,
    config: { dispatch: true },
    ...AS_SENT,
    onRequest(request, reply, done) {
      const refusal = exchangeOf(request, reply).reserve()
      if (refusal === undefined) done()
      else void send(reply, refusal)
    },
    preParsing: async (request, reply, payload) => exchangeOf(request, reply).bodyOf(payload),
    errorHandler: (error, request, reply) => send(reply, exchangeOf(request, reply).refusalOf(error)),
    handler: async (request, reply) => send(reply, await exchangeOf(request, reply).run(request.body)),
  })
  if (mount.callsPath === false) return
  // A wildcard: ids of child calls contain slashes.
  scope.get<{ Params: { '*': string } }>(`${mount.callsPath}/*`, { schema: HIDDEN }, async (request, reply) =>
    send(reply, await exchangeOf(request, reply).callReply(request.params['*'])),
  )
}

/** Sends an answer: bytes, or a stream of them, which hooks of the application do not change. */
export function send(reply: FastifyReply, { status, headers, body }: EndpointResponse): FastifyReply {
  return reply.code(status).headers(headers).send(body)
}
