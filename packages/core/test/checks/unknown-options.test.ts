import { Dispatch, func } from '@dispatch/core'
import t from 'tap'
import { inputOf, runWith } from '../helpers/run-requests.js'
import { createSchedulerDouble } from '../helpers/scheduler-double.js'

const fn = func('fn', async (n: number) => n)
const dispatch = new Dispatch({ functions: [fn], scheduler: createSchedulerDouble(), env: {} })

/** Runs `body` inside a handler and rethrows what it throws. */
async function insideHandler(body: () => Promise<unknown>): Promise<unknown> {
  let failure: unknown
  const parent = func('parent', async () => {
    failure = await body().catch((error: unknown) => error)
  })
  await runWith(parent, inputOf(null))
  throw failure
}

/** As written without the compiler, or past it. */
const wrong = (value: unknown) => value as never

const cases: readonly { name: string; attempt: () => unknown; message: string }[] = [
  {
    name: 'an option of func',
    attempt: () => func('q', wrong({ retries: 3 }), async () => 1),
    message: `func('q'): options: expected attemptsMax, got the unknown option "retries"`,
  },
  {
    name: 'an option of func that resembles none',
    attempt: () => func('q', wrong({ colour: 3 }), async () => 1),
    message:
      "func('q'): options: expected one of input, output, expiration, attemptsMax, giveUpAfter, concurrencyMax, priority, " +
      'concurrencyKey, concurrencyKeyMax, runTimeout, unknownErrorStatus, got the unknown option "colour"',
  },
  {
    name: 'options of func that are an array',
    attempt: () => func('q', wrong([]), async () => 1),
    message: `func('q'): options: expected an object, got an array of 0`,
  },
  {
    name: 'an option of fn.dispatch',
    attempt: () => fn.dispatch(1, wrong({ delayMs: 3 })),
    message: 'fn: options: expected delay, got the unknown option "delayMs"',
  },
  {
    name: 'an option of dispatch.dispatch',
    attempt: () => dispatch.dispatch(fn, 1, wrong({ idempotencyKey: 'x' })),
    message: 'fn: options: expected id, got the unknown option "idempotencyKey"',
  },
  {
    name: 'an option of fn.buildCall',
    attempt: () => fn.buildCall(1, wrong({ versoin: '1' })),
    message: 'fn: options: expected version, got the unknown option "versoin"',
  },
  {
    name: 'an option of fn.await',
    attempt: () => insideHandler(() => fn.await(1, wrong({ timeout: '5s' }))),
    message: 'fn: options: expected expiration, got the unknown option "timeout"',
  },
  {
    name: 'an option of fn.gather',
    attempt: () => insideHandler(() => fn.gather([1], wrong({ maxRetries: 3 }))),
    message: 'fn: options: expected attemptsMax, got the unknown option "maxRetries"',
  },
  {
    name: 'an id of fn.await',
    attempt: () => insideHandler(() => fn.await(1, wrong({ id: 'x' }))),
    message:
      'fn: options.id: expected no id, because the id of an awaited call follows from its place; leave it out',
  },
  {
    name: 'inputs of fn.gather that are not an array',
    attempt: () => insideHandler(() => fn.gather(wrong(5))),
    message: 'fn.gather(inputs): expected an array of inputs, got 5',
  },
  {
    name: 'an option of new Dispatch',
    attempt: () => new Dispatch(wrong({ funtions: [] })),
    message: 'new Dispatch(options): expected functions, got the unknown option "funtions"',
  },
  {
    name: 'functions that are not an array',
    attempt: () => new Dispatch(wrong({ functions: {} })),
    message: 'option functions: expected an array of functions made by func(name, handler), got an object',
  },
  {
    name: 'an item of functions that is not a function',
    attempt: () => new Dispatch(wrong({ functions: [5] })),
    message: 'functions[0]: expected a function made by func(name, handler), got 5',
  },
  {
    name: 'a function that a ring of modules has not created yet',
    attempt: () => new Dispatch(wrong({ functions: [undefined] })),
    message:
      'functions[0]: expected a function made by func(name, handler), got undefined; in a ring of modules an import is ' +
      'undefined until its module has run',
  },
  {
    name: 'error types that are not an array',
    attempt: () => new Dispatch(wrong({ errorTypes: {} })),
    message: 'option errorTypes: expected an array of what errorType(Class, status) returns, got an object',
  },
  {
    name: 'an error type that errorType did not create',
    attempt: () => new Dispatch(wrong({ errorTypes: [Error] })),
    message: 'option errorTypes: expected a class with its status, got a function',
  },
  {
    name: 'output types that are a string',
    attempt: () => new Dispatch(wrong({ outputTypes: 'ok' })),
    message: 'option outputTypes: expected an array of what outputType(Class, status) returns, got "ok"',
  },
  {
    name: 'a store that does not exist',
    attempt: () => new Dispatch(wrong({ store: 'postgres://localhost/app' })),
    message:
      'option store: expected the path of a file, or :memory:, got "postgres://localhost/app"; there is only the SQLite store',
  },
  {
    name: 'a store in the environment that does not exist',
    attempt: () => new Dispatch({ env: { DISPATCH_STORE: 'redis://localhost' } }),
    message:
      'DISPATCH_STORE: expected the path of a file, or :memory:, got "redis://localhost"; there is only the SQLite store',
  },
  {
    name: 'a scheduler without all of its methods',
    attempt: () => new Dispatch(wrong({ scheduler: { dispatch: () => [] } })),
    message:
      'option scheduler: expected a Scheduler, or createEmbeddedScheduler of @dispatch/scheduler, got an object',
  },
  {
    name: 'a logger without methods',
    attempt: () => new Dispatch(wrong({ logger: true })),
    message: 'option logger: expected an object with debug, info, warn and error, such as pino, got true',
  },
  {
    name: 'an environment that is a string',
    attempt: () => new Dispatch(wrong({ env: 'production' })),
    message: 'option env: expected an object such as process.env, got "production"',
  },
  {
    name: 'verification keys of the wrong kind',
    attempt: () => new Dispatch(wrong({ verificationKey: 5 })),
    message: 'option verificationKey: expected a string or an array of strings, got 5',
  },
  {
    name: 'authorities of the wrong kind',
    attempt: () => new Dispatch(wrong({ authority: {} })),
    message: 'option authority: expected a string or an array of strings, got an object',
  },
  {
    name: 'an argument of register that is not a function',
    attempt: () => dispatch.register(wrong('fn')),
    message: 'functions[0]: expected a function made by func(name, handler), got "fn"',
  },
  {
    name: 'a plain function in dispatch.dispatch',
    attempt: () => dispatch.dispatch(wrong(async () => 1)),
    message: 'dispatch(fn): expected a function made by func(name, handler), got a function',
  },
  {
    name: 'a batch that is not an array',
    attempt: () => dispatch.dispatchBatch(wrong(5)),
    message: 'dispatchBatch(calls): expected an array of calls made by fn.buildCall(input), got 5',
  },
  {
    name: 'an item of a batch that is not a call',
    attempt: () => dispatch.dispatchBatch(wrong([fn])),
    message: 'calls[0]: expected a call made by fn.buildCall(input), got an object',
  },
  {
    name: 'an id of dispatch.call that is not a string',
    attempt: () => dispatch.call(wrong(5)),
    message: 'call(id): expected the dispatch id of a call, got 5',
  },
  {
    name: 'an empty id of fn.call',
    attempt: () => fn.call(''),
    message: 'fn.call(id): expected the dispatch id of a call, got ""',
  },
  {
    name: 'an option of result',
    attempt: () => dispatch.call('x').result(wrong({ timeoutMs: 5 })),
    message: 'result(options): expected timeout, got the unknown option "timeoutMs"',
  },
  {
    name: 'a signal of result that is not an AbortSignal',
    attempt: () => dispatch.call('x').result(wrong({ signal: 5 })),
    message: 'result(options).signal: expected an AbortSignal, got 5',
  },
  {
    name: 'an option of listenAndServe',
    attempt: () => dispatch.listenAndServe(wrong({ hostname: 'x' })),
    message: 'listenAndServe(options): expected host, got the unknown option "hostname"',
  },
  {
    name: 'a port in place of the options of listenAndServe',
    attempt: () => dispatch.listenAndServe(wrong(8000)),
    message: 'listenAndServe(options): expected an object, got 8000',
  },
]

for (const { name, attempt, message } of cases) {
  t.test(`refused by name: ${name}`, async (t) => {
    await t.rejects(async () => attempt(), { name: 'TypeError', message })
  })
}
