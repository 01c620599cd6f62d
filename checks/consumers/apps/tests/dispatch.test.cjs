// As it stands in an application of CommonJS, for Jest as it is by default.
const { createServer } = require('node:http')
const { mkdtempSync, rmSync } = require('node:fs')
const { readFile } = require('node:fs/promises')
const { tmpdir } = require('node:os')
const { join } = require('node:path')
const { Dispatch, DispatchError, func, ThrottledError } = require('@dispatch/core')
const { dispatchMiddleware } = require('@dispatch/express')
const { dispatchPlugin } = require('@dispatch/fastify')
const { serveScheduler } = require('@dispatch/scheduler')
const { Type } = require('@sinclair/typebox')
const express = require('express')
const Fastify = require('fastify')
const { z } = require('zod')

const double = func('double', { input: Type.Integer() }, async (value) => value * 2)
const sum = func('sum', { input: z.array(z.number()) }, async (values) => {
  const doubled = await double.gather(values)
  return doubled.reduce((left, right) => left + right, 0)
})
const twice = func('twice', { attemptsMax: 2 }, async (_input, call) => {
  if (call.attempt === 1) throw new ThrottledError('later')
  return call.attempt
})
const asleep = func('asleep', async (_input, call) => {
  await call.sleep(5)
  return 'awake'
})
const refused = func('refused', { attemptsMax: 1 }, async (url) => fetch(url))
const once = func('once', { attemptsMax: 1 }, async () => 1)
const missing = func('missing', async () => readFile('/there/is/none'))
const functions = [double, sum, twice, asleep, refused, once, missing]

const folder = mkdtempSync(join(tmpdir(), 'dispatch-jest-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
afterEach(() => {
  jest.useRealTimers()
})

const failureOf = (promise) => promise.catch((error) => error)

test('an application with a file is started, runs calls, and is closed', async () => {
  const app = Fastify()
  await app.register(dispatchPlugin, { functions, store: join(folder, 'app.db') })
  app.post('/sum', async (request, reply) => reply.dispatched(request.dispatch(sum, request.body)))
  // Not by app.inject(): that needs a module which Jest cannot load before Node.js 24.9.
  const url = await app.listen({ port: 0 })
  const headers = { 'content-type': 'application/json', connection: 'close' }
  const answer = await fetch(`${url}/sum?wait=10s`, { method: 'POST', headers, body: '[1, 2, 3]' })
  expect((await answer.json()).output).toBe(12)
  await expect(app.dispatch(double, 'x')).rejects.toThrow(/^input: .*integer, got "x"$/)
  await expect(app.dispatch(double, 'x')).rejects.toBeInstanceOf(DispatchError)
  await app.close()
})

test('an application of Express as well', async () => {
  const app = express()
  const dispatching = dispatchMiddleware({ functions, store: join(folder, 'express.db') })
  app.use(dispatching)
  app.post('/sum', async (request, response) => {
    await response.dispatched(request.dispatch(sum, [1]))
  })
  const server = createServer(app)
  dispatching.attach(server)
  const answer = await fetch(`${await listen(server)}/sum?wait=10s`, {
    method: 'POST',
    headers: { connection: 'close' },
  })
  expect((await answer.json()).output).toBe(2)
  await new Promise((resolve) => server.close(resolve))
})

test.each(['before', 'after'])('calls run while timers are replaced: %s the start', async (when) => {
  if (when === 'before') jest.useFakeTimers()
  const dispatch = new Dispatch({ functions, store: join(folder, `fake-${when}.db`) })
  await dispatch.start()
  if (when === 'after') jest.useFakeTimers()
  expect(await (await sum.dispatch([4])).result()).toBe(8)
  expect(await (await twice.dispatch()).result({ timeout: '60s' })).toBe(2)
  expect(await (await asleep.dispatch()).result()).toBe('awake')
  await dispatch.close()
})

test('errors of Node.js are classified, though Jest has an Error of its own', async () => {
  const dispatch = new Dispatch({ functions, store: ':memory:' })
  await dispatch.start()
  const ofFetch = await failureOf((await refused.dispatch(await closedUrl())).result())
  expect(ofFetch.status).toBe('tcp')
  const ofFile = await failureOf((await missing.dispatch()).result())
  expect(ofFile.status).toBe('not_found')
  await dispatch.close()
})

test('calls go through a scheduler that is served', async () => {
  const scheduler = await serveScheduler({
    store: join(folder, 'served.db'),
    port: 0,
    allowedEndpoints: ['*'],
  })
  const server = createServer((request, response) => handler(request, response))
  const endpointUrl = await listen(server)
  const dispatch = new Dispatch({
    functions,
    apiUrl: scheduler.url,
    apiKey: 'key',
    endpointUrl,
    allowUnsigned: true,
  })
  const handler = dispatch.handler()
  expect(await (await sum.dispatch([5])).result()).toBe(10)

  const away = await once.dispatch(undefined, { endpoint: await closedUrl() })
  expect((await failureOf(away.result())).status).toBe('tcp')
  server.close()
  await dispatch.close()
  await scheduler.close()
})

async function listen(server) {
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${server.address().port}`
}

/** Where nothing listens. */
async function closedUrl() {
  const server = createServer()
  const url = await listen(server)
  await new Promise((resolve) => server.close(resolve))
  return url
}
