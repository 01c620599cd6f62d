import { readdirSync, readFileSync } from 'node:fs'
import http from 'node:http'
import { Dispatch, func } from '@dispatch/core'
import { dispatchMiddleware } from '@dispatch/express'
import type { EmbeddedScheduler } from '@dispatch/protocol'
import t, { type Test } from 'tap'

const greet = func('greet', async (name: string) => `hello ${name}`)

/** An embedded scheduler that records the calls of its methods. */
function createScheduler(events: string[]): EmbeddedScheduler {
  const none = async () => undefined
  return {
    open: async () => void events.push('open'),
    start: () => void events.push('start'),
    stop: async () => void events.push('stop'),
    close: async () => void events.push('close'),
    dispatch: async (calls) => calls.map((_, index) => String(index)),
    get: none,
    wait: none,
    cancel: none,
    stats: () => [],
  }
}

function middlewareOf(t: Test, start?: 'manual') {
  const events: string[] = []
  const middleware = dispatchMiddleware({
    functions: [greet],
    scheduler: createScheduler(events),
    env: {},
    start,
  })
  t.teardown(() => middleware.close())
  return { events, middleware }
}

async function turns(count = 5): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve))
}

t.test('Express is not imported at run time', async (t) => {
  const folder = new URL('../dist/', import.meta.url)
  const files = readdirSync(folder).filter((file) => file.endsWith('.js'))
  const imports = files.flatMap((file) =>
    [...readFileSync(new URL(file, folder), 'utf8').matchAll(/from '([^'.][^']*)'/g)].map(
      (match) => match[1],
    ),
  )
  t.strictSame([...new Set(imports)], ['@dispatch/core/adapter'])
})

t.test('an attached server starts it when it listens, and closes it', async (t) => {
  const { events, middleware } = middlewareOf(t)
  const server = http.createServer()
  t.equal(middleware.attach(server), server)
  await turns()
  t.strictSame(events, [])
  await new Promise<void>((resolve) => server.listen(0, resolve))
  await turns()
  t.strictSame(events, ['open', 'start'])
  await new Promise((resolve) => server.close(resolve))
  t.strictSame(events, ['open', 'start', 'stop', 'close'])
})

t.test('a server that is listening already starts it immediately', async (t) => {
  const { events, middleware } = middlewareOf(t)
  const server = http.createServer()
  await new Promise<void>((resolve) => server.listen(0, resolve))
  middleware.attach(server)
  await turns()
  t.strictSame(events, ['open', 'start'])
  await new Promise((resolve) => server.close(resolve))
})

t.test('closing the server twice is the usual error, and closes once', async (t) => {
  const { events, middleware } = middlewareOf(t)
  const server = middleware.attach(http.createServer())
  await new Promise<void>((resolve) => server.listen(0, resolve))
  await turns()
  const errors = await Promise.all([1, 2].map(() => new Promise((resolve) => server.close(resolve))))
  t.match(errors, [undefined, { code: 'ERR_SERVER_NOT_RUNNING' }])
  t.strictSame(events, ['open', 'start', 'stop', 'close'])
})

t.test('with start: manual the application starts it, and the server closes it', async (t) => {
  const { events, middleware } = middlewareOf(t, 'manual')
  const server = middleware.attach(http.createServer())
  await new Promise<void>((resolve) => server.listen(0, resolve))
  await turns()
  t.strictSame(events, [])
  await middleware.dispatch.start()
  t.strictSame(events, ['open', 'start'])
  await new Promise((resolve) => server.close(resolve))
  t.strictSame(events, ['open', 'start', 'stop', 'close'])
})

t.test('an invalid option is refused with its name', async (t) => {
  for (const [options, message] of [
    [{ start: 'later' as never }, /^option start: expected 'auto' or 'manual', got "later"/],
    [{ dispatch: 5 as never }, /^option dispatch: expected a Dispatch, got 5/],
    [{ callsPath: '/jobs/' }, /^option callsPath: expected a path without a final slash/],
    [{ bodyBytesMax: 0 }, /^option bodyBytesMax/],
  ] as const) {
    t.throws(() => dispatchMiddleware({ env: {}, ...options }), { name: 'TypeError', message })
  }
})

const wrong = [
  {
    name: 'an option of new Dispatch',
    options: { funtions: [] },
    message: 'dispatchMiddleware(options): expected functions, got the unknown option "funtions"',
  },
  {
    name: 'an option of the middleware',
    options: { strat: 'auto' },
    message: 'dispatchMiddleware(options): expected start, got the unknown option "strat"',
  },
  {
    name: 'functions that are no array, of a Dispatch that is given',
    options: { dispatch: new Dispatch({ env: {} }), functions: {} },
    message: 'option functions: expected an array of functions made by func(name, handler), got an object',
  },
  {
    name: 'options that are no object',
    options: 5,
    message: 'dispatchMiddleware(options): expected an object, got 5',
  },
]
for (const { name, options, message } of wrong) {
  t.test(`refused by name: ${name}`, async (t) => {
    t.throws(() => dispatchMiddleware(options as never), { name: 'TypeError', message })
  })
}

t.test('functions are added to an existing Dispatch', async (t) => {
  const dispatch = new Dispatch({ scheduler: createScheduler([]), env: {} })
  const middleware = dispatchMiddleware({ dispatch, functions: [greet] })
  t.equal(middleware.dispatch, dispatch)
  t.equal((await dispatch.dispatch(greet, 'Ada')).id, '0')
  await middleware.close()
})
