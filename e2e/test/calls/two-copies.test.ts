import { cpSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import * as core from '@dispatch/core'
import { dispatchMiddleware } from '@dispatch/express'
import { dispatchPlugin } from '@dispatch/fastify'
import Fastify from 'fastify'
import t from 'tap'
import { EMBEDDED } from '../helpers/adapters/fixtures.js'

const require = createRequire(import.meta.url)

/** Another copy of core, as two packages that depend on it may each have one. */
const COPY = join(fileURLToPath(new URL('.', import.meta.url)), 'core-copy')
cpSync(join(require.resolve('@dispatch/core'), '..'), COPY, { recursive: true })
const copy = (await import(pathToFileURL(join(COPY, 'index.js')).href)) as typeof core

t.test('situation 10: an application in CommonJS has the same instance', async (t) => {
  t.equal(require('@dispatch/core').Dispatch, core.Dispatch)
  t.equal(require('@dispatch/fastify').dispatchPlugin, dispatchPlugin)
  t.equal(require('@dispatch/express').dispatchMiddleware, dispatchMiddleware)
})

t.test(
  'situation 10: functions of another copy are registered, call each other and are answered for',
  async (t) => {
    t.not(copy.func, core.func)
    const child = copy.func('child', async (n: number) => n + 1)
    const parent = copy.func('parent', async (n: number) => child.await(await child.await(n)))
    const app = Fastify()
    t.teardown(() => app.close())
    const options = { ...EMBEDDED, functions: [child, parent], store: ':memory:', start: 'ready' } as const
    await app.register(dispatchPlugin, options)
    app.get('/', async (request, reply) => reply.dispatched(request.dispatch(parent, 1)))
    t.match((await app.inject('/?wait=10s')).json(), { status: 'ok', output: 3 })
    t.equal(await (await parent.dispatch(5)).result(), 7)
  },
)

t.test('situation 10: a Dispatch of another copy may be mounted', async (t) => {
  const double = core.func('double', async (n: number) => n * 2)
  const dispatch = new copy.Dispatch({ ...EMBEDDED, functions: [double], store: ':memory:' })
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(dispatchPlugin, { dispatch: dispatch as never as core.Dispatch, start: 'ready' })
  app.get('/', async (request, reply) => reply.dispatched(request.dispatch(double, 4)))
  t.match((await app.inject('/?wait=10s')).json(), { status: 'ok', output: 8 })
})
