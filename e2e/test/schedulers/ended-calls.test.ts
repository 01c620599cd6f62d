// A stand-alone scheduler tells an application that suspended calls have ended.

import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { CanceledError, Dispatch, func } from '@dispatch/core'
import { serveScheduler } from '@dispatch/scheduler'
import t, { type Test } from 'tap'
import { KEYS, VERIFICATION_KEY } from '../helpers/runs/run-exchange.js'

const CALLS = 20

async function started(t: Test) {
  const served = await serveScheduler({
    store: ':memory:',
    port: 0,
    apiKeys: ['key-of-the-test'],
    signingKey: KEYS.privateKey,
  })
  const ends: unknown[] = []
  const sleeper = func('sleeper', async (_: number, call) => {
    await call.sleep('1h').catch((error: unknown) => ends.push(error))
  })
  const server = createServer((request, response) => listener(request, response))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const dispatch = new Dispatch({
    functions: [sleeper],
    endpointUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
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
  return { sleeper, ends }
}

t.test('cancel reaches handlers that are suspended in the memory of an application', async (t) => {
  const { sleeper, ends } = await started(t)
  const handles = await Promise.all(Array.from({ length: CALLS }, (_, n) => sleeper.dispatch(n)))
  for (const handle of handles) while ((await handle.status()).state !== 'suspended') await nextTurn()
  await Promise.all(handles.map((handle) => handle.cancel()))
  while (ends.length < CALLS) await nextTurn()
  t.ok(ends.every((error) => error instanceof CanceledError))
})
