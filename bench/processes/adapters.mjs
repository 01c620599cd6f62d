import { once } from 'node:events'
import { createServer } from 'node:http'
import { RUN_PATH } from '@dispatch/core/adapter'
import { dispatchMiddleware } from '@dispatch/express'
import { dispatchPlugin } from '@dispatch/fastify'
import express from 'express'
import Fastify from 'fastify'
import { serveParent } from '../lib/work/child.mjs'
import { functions } from '../lib/work/workloads.mjs'

// Of each framework three applications: one with a bare route, one that accepts unsigned runs, one that verifies.

/** The answer of a bare route: as many bytes as the answer to a run of `increment` has. */
const ANSWER = Buffer.alloc(72, 'x')

/** A scheduler that is never called. */
const elsewhere = { apiUrl: 'http://127.0.0.1:9', apiKey: 'bench-application', env: {} }

const BUILDERS = { fastify: buildFastify, express: buildExpress }

serveParent({
  async open(verificationKey) {
    // Of no host: runs are signed for that of the request, whose port is not known yet.
    const options = { functions, endpointUrl: 'bridge://adapters', ...elsewhere }
    const variants = {
      bare: undefined,
      unsigned: { ...options, allowUnsigned: true },
      signed: { ...options, verificationKey },
    }
    const origins = {}
    for (const [framework, build] of Object.entries(BUILDERS)) {
      origins[framework] = {}
      for (const [variant, dispatchOptions] of Object.entries(variants))
        origins[framework][variant] = await build(dispatchOptions)
    }
    return origins
  },
})

async function buildFastify(options) {
  const app = Fastify()
  if (options !== undefined) await app.register(dispatchPlugin, options)
  else {
    app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body))
    app.post(RUN_PATH, async (_request, reply) =>
      reply.header('content-type', 'application/proto').send(ANSWER),
    )
  }
  return await app.listen({ host: '127.0.0.1', port: 0 })
}

async function buildExpress(options) {
  const app = express()
  if (options !== undefined) app.use(dispatchMiddleware(options))
  else {
    app.post(RUN_PATH, express.raw({ type: '*/*' }), (_req, res) => {
      res.setHeader('content-type', 'application/proto')
      res.end(ANSWER)
    })
  }
  const server = createServer(app).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address())
  return `http://127.0.0.1:${port}`
}
