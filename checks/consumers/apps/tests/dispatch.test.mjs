// As it stands in an application of ES modules, for Vitest.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Dispatch, DispatchError, func, ThrottledError } from '@dispatch/core'
import { dispatchPlugin } from '@dispatch/fastify'
import { Type } from '@sinclair/typebox'
import Fastify from 'fastify'
import { afterAll, afterEach, expect, test, vi } from 'vitest'

const double = func('double', { input: Type.Integer() }, async (value) => value * 2)
const sum = func('sum', async (values) => {
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
const functions = [double, sum, twice, asleep]

const folder = mkdtempSync(join(tmpdir(), 'dispatch-vitest-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
afterEach(() => {
  vi.useRealTimers()
})

test('an application with a file is started, runs calls, and is closed', async () => {
  const app = Fastify()
  await app.register(dispatchPlugin, { functions, store: join(folder, 'app.db'), start: 'ready' })
  app.post('/sum', async (request, reply) => reply.dispatched(request.dispatch(sum, request.body)))
  await app.ready()
  const answer = await app.inject({ method: 'POST', url: '/sum?wait=10s', payload: [1, 2, 3] })
  expect(answer.json().output).toBe(12)
  await expect(app.dispatch(double, 'x')).rejects.toBeInstanceOf(DispatchError)
  await app.close()
})

test.each(['before', 'after'])('calls run while timers are replaced: %s the start', async (when) => {
  if (when === 'before') vi.useFakeTimers()
  const dispatch = new Dispatch({ functions, store: join(folder, `fake-${when}.db`) })
  await dispatch.start()
  if (when === 'after') vi.useFakeTimers()
  expect(await (await sum.dispatch([4])).result()).toBe(8)
  expect(await (await twice.dispatch()).result({ timeout: '60s' })).toBe(2)
  expect(await (await asleep.dispatch()).result()).toBe('awake')
  await dispatch.close()
})
