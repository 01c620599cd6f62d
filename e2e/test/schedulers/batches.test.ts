// Our application and scheduler over HTTP: concurrent runs and waits share requests.

import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Dispatch, func } from '@dispatch/core'
import { RUN_PATH } from '@dispatch/core/adapter'
import { MESSAGE_STREAM_TYPE } from '@dispatch/protocol/connect'
import { serveScheduler } from '@dispatch/scheduler'
import t, { type Test } from 'tap'
import { KEYS, VERIFICATION_KEY } from '../helpers/runs/run-exchange.js'

const CALLS = 300

/** An application that runs functions of a scheduler elsewhere; `requests` are what that has posted to it. */
async function startApplication(t: Test, takesBatches: boolean) {
  const served = await serveScheduler({
    store: ':memory:',
    port: 0,
    apiKeys: ['key-of-the-test'],
    signingKey: KEYS.privateKey,
  })
  const requests: IncomingMessage[] = []
  const server = createServer((request, response) => {
    requests.push(request)
    if (takesBatches || request.headers['content-type'] !== MESSAGE_STREAM_TYPE)
      return listener(request, response)
    response.writeHead(415, { 'accept-post': 'application/proto' }).end()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const endpointUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const double = func('double', async (n: number) => n * 2)
  const sum = func('sum', async (numbers: number[]) =>
    (await double.gather(numbers)).reduce((total, n) => total + n, 0),
  )
  const dispatch = new Dispatch({
    functions: [double, sum],
    endpointUrl,
    apiUrl: served.url,
    apiKey: 'key-of-the-test',
    verificationKey: VERIFICATION_KEY,
    env: {},
  })
  const listener = dispatch.handler()
  t.teardown(async () => {
    await dispatch.close()
    server.close()
    await served.close(0)
  })
  return { double, sum, requests }
}

for (const takesBatches of [true, false]) {
  const what = takesBatches ? 'takes batches' : 'refuses them'
  t.test(`all calls end well where the application ${what}`, async (t) => {
    const { double, sum, requests } = await startApplication(t, takesBatches)
    t.equal(await (await double.dispatch(1)).result(), 2)
    const handles = await Promise.all(Array.from({ length: CALLS }, (_, n) => double.dispatch(n)))
    const outputs = await Promise.all(handles.map((handle) => handle.result()))
    t.strictSame(
      outputs,
      outputs.map((_, n) => n * 2),
    )
    const numbers = Array.from({ length: CALLS }, (_, n) => n)
    t.equal(await (await sum.dispatch(numbers)).result(), CALLS * (CALLS - 1))
    t.ok(requests.every(({ url }) => url === RUN_PATH))
    const batches = requests.filter(({ headers }) => headers['content-type'] === MESSAGE_STREAM_TYPE)
    t.ok(batches.length > 0, 'batches were tried')
    const isFew = requests.length < CALLS
    t.equal(isFew, takesBatches, `${requests.length} requests for ${2 * CALLS} runs and more`)
  })
}
