// Strict TypeScript that uses what the packages publish, as an application would.
import { Dispatch, DispatchError, func } from '@dispatch/core'
import { dispatchMiddleware } from '@dispatch/express'
import { dispatchPlugin } from '@dispatch/fastify'
import { createScheduler } from '@dispatch/scheduler'
import express from 'express'
import Fastify from 'fastify'

const double = func('double', async (value: number) => value * 2)
const sum = func('sum', async (values: number[]) => {
  const doubled: number[] = await double.gather(values)
  return doubled.reduce((left, right) => left + right, 0)
})

const app = Fastify()
await app.register(dispatchPlugin, { functions: [double, sum], store: ':memory:', start: 'ready' })
app.post('/sum', async (request, reply) => reply.dispatched(await request.dispatch(sum, [1, 2, 3])))
await app.ready()
const answer = await app.inject({ method: 'POST', url: '/sum?wait=10s' })
if (answer.json().output !== 12) throw new Error(`expected 12, got ${answer.body}`)
await app.close()

const middleware = dispatchMiddleware({
  functions: [func('triple', (value: number) => value * 3)],
  store: ':memory:',
})
express().use(middleware)

const dispatch = new Dispatch({ functions: [], store: ':memory:' })
await dispatch.close()
if (typeof createScheduler !== 'function') throw new Error('no createScheduler')
if (!(new DispatchError('throttled', 'x') instanceof Error)) throw new Error('DispatchError is no Error')
