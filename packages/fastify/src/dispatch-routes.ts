import type { Readable } from 'node:stream'
import { type EndpointResponse, type Mount, RUN_PATH } from '@dispatch/core/adapter'
import type { FastifyInstance, FastifyReply, FastifyRequest, FastifySchema } from 'fastify'

/** Kept out of the documentation that @fastify/swagger makes. */
const HIDDEN = { hide: true } as FastifySchema

/** Keeps @fastify/compress off: signatures cover the bytes as they were sent. */
const AS_SENT = { compress: false, decompress: false }

/** The routes of a mount. They change the parsers of the scope they are in. */
export async function dispatchRoutes(scope: FastifyInstance, { mount }: { mount: Mount }): Promise<void> {
  scope.removeAllContentTypeParsers()
  scope.addContentTypeParser('*', (request: FastifyRequest, payload: Readable) =>
    mount.readBody(request.raw, payload),
  )
  scope.route<{ Body: Uint8Array | undefined }>({
    url: RUN_PATH,
    method: scope.supportedMethods,
    schema: HIDDEN,
    config: { dispatch: true },
    ...AS_SENT,
    onRequest(request, reply, done) {
      const refusal = mount.enter(request.raw, reply.raw)
      if (refusal === undefined) done()
      else void send(reply, refusal)
    },
    preParsing: async ({ raw }, _reply, payload) => mount.givenPayloadOf(raw) ?? payload,
    errorHandler: (error, _request, reply) => send(reply, mount.refusalOf(error)),
    handler: async ({ raw, body = Buffer.alloc(0) }, reply) =>
      send(reply, await mount.run(raw, reply.raw, body)),
  })
  if (mount.callsPath === false) return
  // A wildcard: ids of child calls have slashes in them.
  scope.get<{ Params: { '*': string } }>(
    `${mount.callsPath}/*`,
    { schema: HIDDEN },
    async ({ raw, params }, reply) => send(reply, await mount.callReply(params['*'], raw, reply.raw)),
  )
}

/** Writes an answer: bytes, or a stream of them, which hooks of the application leave alone. */
export function send(reply: FastifyReply, { status, headers, body }: EndpointResponse): FastifyReply {
  return reply.code(status).headers(headers).send(body)
}
