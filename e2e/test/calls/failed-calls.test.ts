// What a call failed with is the same on its handle, in the handler that awaits it, and after a round trip over HTTP.

import {
  type AnyDispatchFunction,
  Dispatch,
  DispatchError,
  func,
  PermanentError,
  STATUSES,
  type Status,
} from '@dispatch/core'
import t, { type Test } from 'tap'
import { EMBEDDED } from '../helpers/adapters/fixtures.js'

/** A class of the application that has the name of another status than its own. */
class ThrottledError extends Error {
  override name = 'ThrottledError'
}

/** As the driver of a database throws it. */
class DatabaseError extends Error {
  readonly code = '23505'
  readonly constraint = 'orders_pkey'
  readonly detail = { table: 'orders', rows: [1, 2] }
  readonly client = new Map([['password', 'secret']])
  readonly config = { headers: { authorization: 'secret' } }
}

const FAILURES: readonly { readonly name: string; readonly fail: () => unknown }[] = [
  { name: 'an error without a status', fail: () => raise(new Error('boo')) },
  { name: 'a bug', fail: () => raise(new TypeError('boo')) },
  { name: 'a text', fail: () => raise('boo') },
  { name: 'nothing', fail: () => raise(undefined) },
  { name: 'a class that is named as a status', fail: () => raise(new ThrottledError('boo')) },
  { name: 'HTTP 404', fail: () => raise(Object.assign(new Error('boo'), { statusCode: 404 })) },
  { name: 'HTTP 403', fail: () => raise(Object.assign(new Error('boo'), { response: { status: 403 } })) },
  { name: 'HTTP 429', fail: () => raise(Object.assign(new Error('boo'), { status: 429 })) },
  { name: 'HTTP 503', fail: () => raise(Object.assign(new Error('boo'), { status: 503 })) },
  { name: 'a response of fetch', fail: () => new Response('missing', { status: 404 }) },
  {
    name: 'a refused connection',
    fail: () => raise(Object.assign(new Error('boo'), { code: 'ECONNREFUSED' })),
  },
  { name: 'an unknown host', fail: () => raise(Object.assign(new Error('boo'), { code: 'ENOTFOUND' })) },
  { name: 'an error named TimeoutError', fail: () => raise(new DOMException('boo', 'TimeoutError')) },
  { name: 'an abort', fail: () => raise(new DOMException('boo', 'AbortError')) },
  {
    name: 'an aggregate',
    fail: () => raise(new AggregateError([new Error('a'), new TypeError('b')], 'boo')),
  },
  { name: 'an output that cannot be carried', fail: () => () => 1 },
  {
    name: 'a cause that decides',
    fail: () => raise(new Error('boo', { cause: new PermanentError('below') })),
  },
  ...(Object.keys(STATUSES) as Status[])
    .filter((status) => status !== 'ok' && status !== 'incompatible_state')
    .map((status) => ({
      name: `a DispatchError: ${status}`,
      fail: () => raise(new DispatchError(status as 'permanent', 'boo')),
    })),
]

function raise(error: unknown): never {
  throw error
}

const failing = func(
  'failing',
  { attemptsMax: 1 },
  async (name: string) => FAILURES.find((failure) => failure.name === name)?.fail() as string,
)

/** What a `catch` is given. */
const caught = func('caught', async (name: string) => {
  try {
    await failing.await(name)
    return undefined
  } catch (error) {
    return tellErrorOf(error)
  }
})

function tellErrorOf(error: unknown) {
  const { status, name, message, retryAfterMs } = error as DispatchError
  return { status, name, message, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) }
}

async function started(t: Test, functions: AnyDispatchFunction[]): Promise<Dispatch> {
  const dispatch = new Dispatch({ ...EMBEDDED, functions, store: ':memory:' })
  t.teardown(() => dispatch.close())
  await dispatch.start()
  return dispatch
}

t.test('a failed call has one status, on its handle and in the handler that awaits it', async (t) => {
  await started(t, [failing, caught])
  for (const { name } of FAILURES) {
    const outside = await failing
      .dispatch(name)
      .then((handle) => handle.result({ timeout: '20s' }))
      .then(() => undefined, tellErrorOf)
    t.ok(outside, `${name}: it fails`)
    t.strictSame(await (await caught.dispatch(name)).result({ timeout: '20s' }), outside, name)
  }
})

t.test('calls that are ended by their scheduler have one status too', async (t) => {
  const never = func('never', async () => new Promise<string>(() => undefined))
  const slow = func('slow', async () => {
    try {
      return await never.await(undefined, { expiration: '50ms' })
    } catch (error) {
      return tellErrorOf(error)
    }
  })
  await started(t, [never, slow])
  const expired = await never.dispatch(undefined, { expiration: '50ms' })
  const outside = await expired.result({ timeout: '20s' }).catch(tellErrorOf)
  t.match(outside, { status: 'timeout', name: 'TimeoutError' })
  t.strictSame(await (await slow.dispatch()).result({ timeout: '20s' }), outside)
})

t.test('an error keeps its stack, its cause and its fields; those of a request are left out', async (t) => {
  const insert = func('insert', async () => {
    throw Object.assign(new DatabaseError('duplicate key', { cause: new RangeError('row 7') }), {
      request: { headers: { cookie: 'secret' } },
    })
  })
  let inside: unknown
  const parent = func('parent', async () => {
    await insert.await().catch((error: unknown) => {
      inside = error
    })
  })
  await started(t, [insert, parent])
  const outside = await (await insert.dispatch()).result({ timeout: '20s' }).catch((error: unknown) => error)
  await (await parent.dispatch()).result({ timeout: '20s' })
  for (const error of [outside, inside] as (DispatchError & DatabaseError)[]) {
    t.ok(error instanceof DispatchError)
    t.match(error, { status: 'permanent', name: 'DatabaseError', code: '23505', constraint: 'orders_pkey' })
    t.strictSame(error.detail, { table: 'orders', rows: [1, 2] })
    t.match(error.stack, /^\w*Error: duplicate key\n {4}at .*failed-calls\.test/)
    t.notMatch(error.stack, /caused by/)
    const cause = error.cause as Error
    t.match(cause, { name: 'RangeError', message: 'row 7' })
    t.match(cause.stack, /^RangeError: row 7\n {4}at .*failed-calls\.test/)
    t.notMatch(JSON.stringify({ ...error, cause: { ...cause } }), /secret/)
  }
})

t.test('the errors of an aggregate arrive', async (t) => {
  const all = func('all', async () => {
    throw new AggregateError([new TypeError('a'), 'b'], 'both failed')
  })
  const parent = func('parent', async () => {
    const error = (await all.await().catch((reason: unknown) => reason)) as AggregateError
    return error.errors.map(({ name, message }: Error) => `${name}: ${message}`)
  })
  await started(t, [all, parent])
  t.strictSame(await (await parent.dispatch()).result({ timeout: '20s' }), ['TypeError: a', 'Error: b'])
})
