// Uses every package and its entry points, as an application would. Compiled as an ES module and as CommonJS.
import { type CallHandle, Dispatch, DispatchError, func } from '@dispatch/core'
import { mountDispatch } from '@dispatch/core/adapter'
import { dispatchMiddleware } from '@dispatch/express'
import { dispatchPlugin } from '@dispatch/fastify'
import { STATUSES, type Status } from '@dispatch/protocol'
import { BODY_BYTES_MAX } from '@dispatch/protocol/bounds'
import { decodeValue, encodeValue } from '@dispatch/protocol/values'
import { createScheduler, type SchedulerOptions } from '@dispatch/scheduler'
import express from 'express'
import Fastify from 'fastify'

const double = func('double', async (value: number) => value * 2)
const sum = func('sum', async (values: number[], call) => {
  const doubled: number[] = await double.gather(values)
  return { id: call.dispatchId, sum: doubled.reduce((left, right) => left + right, 0) }
})
const triple = func('triple', { attemptsMax: 3 }, (value: number) => value * 3)

async function main(): Promise<void> {
  const app = Fastify()
  await app.register(dispatchPlugin, { functions: [double, sum], store: ':memory:', start: 'ready' })
  app.post('/sum', async (request, reply) => reply.dispatched(await request.dispatch(sum, [1, 2, 3])))
  await app.ready()
  const answer = await app.inject({ method: 'POST', url: '/sum?wait=10s' })
  expect(answer.json().output.sum, 12)
  const call: CallHandle<{ id: string; sum: number }> = await app.dispatch(sum, [4])
  expect((await call.result()).sum, 8)
  await app.close()

  const middleware = dispatchMiddleware({ functions: [triple], store: ':memory:' })
  express().use(middleware)

  const status: Status = 'throttled'
  expect(STATUSES[status].code, 3)
  expect(decodeValue(encodeValue('x')), 'x')
  expect(new DispatchError(status, 'x') instanceof DispatchError, true)
  const options: Pick<SchedulerOptions, 'retentionMs'> = { retentionMs: BODY_BYTES_MAX }
  for (const fn of [createScheduler, mountDispatch, Dispatch]) expect(typeof fn, 'function')
  expect(Object.keys(options).length, 1)
}

// @ts-expect-error the input is a number: if a compiler did not find the types, this would be no error
double.buildCall('x')

function expect(got: unknown, want: unknown): void {
  if (got !== want) throw new Error(`expected ${String(want)}, got ${String(got)}`)
}

main().catch((error: unknown) => {
  console.error(error)
  process.exitCode = 1
})
