// A stand-alone scheduler and an application that uses it, in one process: the scheduler's HTTP client is in the bundle too.

import { createServer } from 'node:http'
import { Dispatch, func } from '@dispatch/core'
import { serveScheduler } from '@dispatch/scheduler'

const double = func('double', async (value) => value * 2)

const drivers = new Set()
const logger = { debug: note, info: note, warn: note, error: console.error }

function note({ driver }) {
  if (driver !== undefined) drivers.add(driver)
}

async function main() {
  const port = await freePort()
  const scheduler = await serveScheduler({
    store: process.argv[2],
    port: 0,
    apiKeys: ['a-key-of-the-application'],
    allowedEndpoints: ['http://localhost:*'],
    logger,
  })
  const dispatch = new Dispatch({
    functions: [double],
    apiUrl: scheduler.url,
    apiKey: 'a-key-of-the-application',
    endpointUrl: `http://localhost:${port}`,
    allowUnsigned: true,
    logger,
  })
  const server = await dispatch.listenAndServe({ port })
  const output = await (await double.dispatch(21)).result({ timeout: '20s' })
  if (output !== 42) throw new Error(`expected 42, got ${output}`)
  await server.close()
  await dispatch.close()
  await scheduler.close()
  console.log([...drivers].join())
}

async function freePort() {
  const server = createServer().listen(0)
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address()
  await new Promise((resolve) => server.close(resolve))
  return port
}

main()
