import { join } from 'node:path'
import { Dispatch, func } from '@dispatch/core'
import {
  create,
  EMBEDDED,
  embedded,
  greet,
  nextRunOf,
  resultOf,
  temporaryFolder,
} from '../helpers/adapters/fixtures.js'
import { exchange, jsonOf, jsonRequest } from '../helpers/http/http-exchange.js'
import type { AdapterCheck } from './contract.js'

/** The promises of adapters to clients that dispatch calls. */
export const CALL_CHECKS: readonly AdapterCheck[] = [
  {
    name: 'a request dispatches a call, and its location has the result',
    async run(t, adapter) {
      const { url } = await embedded(t, adapter)
      const answer = await exchange(url, jsonRequest('/calls-of/greet', { name: 'Ada' }))
      t.equal(answer.status, 202)
      const { id } = jsonOf(answer) as { id: string }
      t.strictSame(jsonOf(answer), { id, state: 'pending' })
      t.equal(answer.headers.location, `/dispatch/calls/${id}`)
      t.strictSame(await resultOf(url, answer), { id, state: 'done', status: 'ok', output: 'hello Ada' })
    },
  },
  {
    name: 'a request that asks to wait, by its query or its Prefer header field, is answered with the result',
    async run(t, adapter) {
      const { url } = await embedded(t, adapter)
      for (const [path, headers] of [
        ['/calls-of/greet?wait=10s', {}],
        ['/calls-of/greet', { prefer: 'respond-async, wait=10' }],
      ] as const) {
        const answer = await exchange(url, jsonRequest(path, { name: 'Ada' }, headers))
        t.equal(answer.status, 200)
        t.match(jsonOf(answer), { status: 'ok', output: 'hello Ada' })
      }
    },
  },
  {
    name: 'calls in a file survive a restart, and are run without a request',
    async run(t, adapter) {
      const store = join(temporaryFolder(t), 'calls.db')
      const before = create(t, adapter, { dispatch: { ...EMBEDDED, store, start: 'manual' } })
      const url = await before.listen()
      const answer = await exchange(url, jsonRequest('/calls-of/ran', {}))
      t.equal(answer.status, 202)
      await before.close()
      const after = create(t, adapter, { dispatch: { ...EMBEDDED, store } })
      const hasRun = nextRunOf('ran')
      const urlAfter = await after.listen()
      await hasRun
      t.match(await resultOf(urlAfter, answer), { status: 'ok', output: 'ran' })
    },
  },
  {
    name: 'a failed call has its status and error, an unknown call is answered with 404, a child call has an id with a slash',
    async run(t, adapter) {
      const { url } = await embedded(t, adapter)
      const failed = await exchange(url, jsonRequest('/calls-of/fail', {}))
      t.match(await resultOf(url, failed), {
        status: 'permanent',
        error: { type: 'TypeError', message: 'a bug' },
      })
      for (const path of ['/dispatch/calls/nobody', '/dispatch/calls/nobody/1', '/dispatch/calls/']) {
        t.equal((await exchange(url, { path })).status, 404, path)
      }
      const answer = await exchange(url, jsonRequest('/calls-of/parent?wait=10s', { name: 'Ada' }))
      const { id } = jsonOf(answer) as { id: string }
      for (const path of [`/dispatch/calls/${id}/1`, `/dispatch/calls/${id}%2F1`]) {
        const child = await exchange(url, { path })
        t.strictSame(jsonOf(child), { id: `${id}/1`, state: 'done', status: 'ok', output: 'hello Ada' }, path)
      }
      t.equal((await exchange(url, { path: '/dispatch/calls/%E0%A4%A' })).status > 399, true)
    },
  },
  {
    name: 'an error of dispatch goes to the error handler of the application',
    async run(t, adapter) {
      const { url } = await embedded(t, adapter)
      const answer = await exchange(url, jsonRequest('/calls-of/strict', { cents: 'many' }))
      t.equal(answer.status, 500)
      t.match(answer.body.toString(), /^<h1>input\.cents/)
    },
  },
  {
    name: 'callsPath moves the route of call results, and turns it off',
    async run(t, adapter) {
      const moved = await embedded(t, adapter, { callsPath: '/jobs' })
      const answer = await exchange(moved.url, jsonRequest('/calls-of/greet', { name: 'Ada' }))
      t.match(answer.headers.location, /^\/jobs\/[\w-]+$/)
      t.match(await resultOf(moved.url, answer), { status: 'ok', output: 'hello Ada' })
      const off = await embedded(t, adapter, { callsPath: false })
      const silent = await exchange(off.url, jsonRequest('/calls-of/greet', { name: 'Ada' }))
      t.equal(silent.status, 202)
      t.equal(silent.headers.location, undefined)
      const { id } = jsonOf(silent) as { id: string }
      t.equal((await exchange(off.url, { path: `/dispatch/calls/${id}` })).status, 404)
      await t.rejects(embedded(t, adapter, { callsPath: 'jobs' }), {
        name: 'TypeError',
        message: /^option callsPath: expected a path without a final slash/,
      })
    },
  },
  {
    name: 'the application may pass its own Dispatch',
    async run(t, adapter) {
      const dispatch = new Dispatch({ ...EMBEDDED, functions: [], store: ':memory:' })
      const { url } = await embedded(t, adapter, { dispatch })
      const answer = await exchange(url, jsonRequest('/calls-of/greet', { name: 'Ada' }))
      t.match(await resultOf(url, answer), { status: 'ok', output: 'hello Ada' })
      t.equal(await (await dispatch.dispatch(greet, { name: 'Bob' })).result(), 'hello Bob')
    },
  },
  {
    name: 'functions may be registered while the application listens',
    async run(t, adapter) {
      const { app, url } = await embedded(t, adapter)
      const late = func('registeredLate', async () => 'late')
      app.dispatch.register(late)
      const { id } = await app.dispatch.dispatch(late)
      const answer = await exchange(url, { path: `/dispatch/calls/${id}?wait=10s` })
      t.strictSame(jsonOf(answer), { id, state: 'done', status: 'ok', output: 'late' })
    },
  },
  {
    name: 'situation 20: undefined, a BigInt and a Date are results, a circular value is an error',
    async run(t, adapter) {
      const { url } = await embedded(t, adapter)
      const cases = [
        { name: 'undefined', want: { status: 'ok', output: null } },
        { name: 'bigint', want: { status: 'ok', output: '12345678901234567890' } },
        { name: 'date', want: { status: 'ok', output: '1970-01-01T00:00:00.000Z' } },
        {
          name: 'circular',
          want: { status: 'invalid_response', error: { type: 'InvalidResponseError', message: /output/ } },
        },
      ]
      for (const { name, want } of cases) {
        const answer = await exchange(url, jsonRequest(`/calls-of/${name}?wait=10s`, {}))
        t.equal(answer.status, 200, name)
        t.match(jsonOf(answer), want, name)
      }
    },
  },
]
