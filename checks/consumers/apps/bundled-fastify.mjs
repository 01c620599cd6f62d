// An application of Fastify, and the stand-alone scheduler that it uses, in one bundle.
import { createServer } from 'node:net'
import { func } from '@dispatch/core'
import { dispatchPlugin } from '@dispatch/fastify'
import { serveScheduler } from '@dispatch/scheduler'
import Fastify from 'fastify'

const double = func('double', async (value) => value * 2)

async function main() {
  const logger = {
    debug: ({ driver }) => driver && console.log(driver),
    info() {},
    warn() {},
    error: console.error,
  }
  const scheduler = await serveScheduler({ store: process.argv[2], port: 0, allowedEndpoints: ['*'], logger })
  const port = await freePort()
  const app = Fastify()
  await app.register(dispatchPlugin, {
    functions: [double],
    apiUrl: scheduler.url,
    apiKey: 'key',
    endpointUrl: `http://127.0.0.1:${port}`,
    allowUnsigned: true,
  })
  await app.listen({ port, host: '127.0.0.1' })
  const output = await (await app.dispatch(double, 6)).result()
  await app.close()
  await scheduler.close()
  if (output !== 12) throw new Error(`expected 12, got ${output}`)
}

async function freePort() {
  const server = createServer()
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address()
  await new Promise((resolve) => server.close(resolve))
  return port
}

main()
