import { DispatchError } from '@dispatch/protocol'
import { type Call, create, durationMs, RunRequestSchema, timestampFromMs } from '@dispatch/protocol/messages'
import { decodeValue } from '@dispatch/protocol/values'
import t from 'tap'
import type { CallContext } from '../../dist/coroutine/definition/call-context.js'
import { type Coroutine, currentCoroutine } from '../../dist/coroutine/index.js'
import {
  awaitCall,
  CallDriver,
  callOf,
  createRunner,
  define,
  failureOf,
  firstCall,
  inEachMode,
  json,
  modeOf,
  outputOf,
  turn,
} from '../helpers/coroutine-driver.js'

const WARM = modeOf(true, true)

t.test('a handler that waits only for its own I/O is waited for', async (t) => {
  const handler = async () => {
    for (let turns = 0; turns < 20; turns++) await turn()
    return 'done'
  }
  const driver = new CallDriver(WARM, define(handler))
  await driver.begin()
  t.strictSame(driver.outcome, { status: 'ok', output: 'done' })
})

t.test('calls that are begun within one turn of each other go out together', async (t) => {
  const handler = () => Promise.all([awaitCall('a'), turn().then(() => awaitCall('b'))])
  const driver = new CallDriver(WARM, define(handler))
  await driver.begin()
  t.strictSame(
    driver.poll.calls.map((call) => call.function),
    ['a', 'b'],
  )
})

t.test('a handler that begins a step in every turn is not cut short', async (t) => {
  const handler = async () => {
    await awaitCall('a')
    for (let microtask = 0; microtask < 50; microtask++) await undefined
    return Promise.all([awaitCall('b'), turn().then(() => awaitCall('c'))])
  }
  const driver = new CallDriver(WARM, define(handler))
  await driver.begin()
  await driver.resume([outputOf(firstCall(driver))])
  t.strictSame(
    driver.poll.calls.map((call) => call.function),
    ['b', 'c'],
  )
})

t.test('a handler that ends while it is suspended has ended at the next run', async (t) => {
  const driver = new CallDriver(
    WARM,
    define(() => {
      const meanwhile = (async () => {
        for (let turns = 0; turns < 5; turns++) await turn()
        return 'meanwhile'
      })()
      return Promise.race([awaitCall('a'), meanwhile])
    }),
  )
  await driver.begin()
  t.equal(driver.outcome, 'poll')
  for (let turns = 0; turns < 10; turns++) await turn()
  await driver.resume()
  t.strictSame(driver.outcome, { status: 'ok', output: 'meanwhile' })
})

/** Ways in which a run can end, and what is told of them. */
const ENDS: readonly {
  name: string
  handler?: () => unknown
  more?: Partial<Parameters<typeof define>[1]>
  want: unknown
}[] = [
  { name: 'an output', handler: () => 'out', want: { status: 'ok', output: 'out' } },
  {
    name: 'R10 a plain error',
    handler: () => Promise.reject(new Error('boo')),
    want: { status: 'permanent', error: 'Error: boo' },
  },
  {
    name: 'an unknown error with a status of the function',
    handler: () => Promise.reject(new Error('boo')),
    more: { unknownErrorStatus: 'temporary' },
    want: { status: 'temporary', error: 'Error: boo' },
  },
  {
    name: 'a failure with a value of the output beside it',
    handler: () => Promise.reject(new DispatchError('not_found', 'gone', { output: { id: 7 } })),
    want: { status: 'not_found', error: 'NotFoundError: gone', output: { id: 7 } },
  },
  {
    name: 'a thrown text',
    handler: () => Promise.reject('boo'),
    want: { status: 'permanent', error: 'Error: boo' },
  },
  {
    name: 'a thrown value that cannot be looked at',
    handler: () =>
      Promise.reject(
        new Proxy(new Error('boo'), {
          get() {
            throw new Error('no')
          },
        }),
      ),
    want: { status: 'permanent' },
  },
  {
    name: 'an input that cannot be decoded',
    more: {
      decodeInput: () => {
        throw new DispatchError('invalid_argument', 'input.count: wanted a number')
      },
    },
    want: { status: 'invalid_argument', error: 'InvalidArgumentError: input.count: wanted a number' },
  },
  {
    name: 'an input that cannot be decoded, by an error of its own',
    more: {
      decodeInput: () => {
        throw new SyntaxError('what is this')
      },
    },
    want: { status: 'invalid_argument', error: 'SyntaxError: what is this' },
  },
  {
    name: 'E27 an output that cannot be encoded',
    more: {
      encodeOutput: () => {
        throw new DispatchError('invalid_response', 'output: cannot carry a function')
      },
    },
    want: { status: 'invalid_response', error: 'InvalidResponseError: output: cannot carry a function' },
  },
]

t.test('a run ends with what the handler made of it', async (t) => {
  t.plan(ENDS.length)
  for (const { name, handler = () => 'out', more = {}, want } of ENDS) {
    t.test(name, async (t) => {
      const driver = new CallDriver(WARM, define(handler, more))
      await driver.begin()
      t.match(driver.outcome, want as object)
    })
  }
})

t.test('E26 an output that has a status gives it, without an error', async (t) => {
  const driver = new CallDriver(
    WARM,
    define(() => ({ code: 404 })),
    { statusOfOutput: () => 'not_found' },
  )
  await driver.begin()
  t.strictSame(driver.outcome, { status: 'not_found', output: { code: 404 } })
})

t.test('a failure says when to come again', async (t) => {
  const handler = () => Promise.reject(new DispatchError('throttled', 'slow down', { retryAfterMs: 1500.5 }))
  const driver = new CallDriver(WARM, define(handler))
  const { retryAfter } = await driver.begin()
  t.equal(retryAfter && durationMs(retryAfter), 1501)
})

t.test('E18 a request that says nothing is an invalid argument', async (t) => {
  const driver = new CallDriver(
    WARM,
    define(() => 'out'),
  )
  await driver.send(create(RunRequestSchema, { function: 'main', dispatchId: 'x' }))
  t.match(driver.outcome, { status: 'invalid_argument', error: /neither an input nor a poll_result/ })
})

const REMOTE = [
  { name: 'that was temporary', type: 'ThrottledError', want: 'permanent' },
  { name: 'that said that the state was incompatible', type: 'IncompatibleStateError', want: 'permanent' },
  { name: 'that is final', type: 'NotFoundError', want: 'not_found' },
]

t.test('a run does not fail for a while because of the failure of another call', async (t) => {
  t.plan(REMOTE.length * 3)
  const rethrow = [
    { how: 'as it is', handler: () => awaitCall('a') },
    {
      how: 'as a cause',
      handler: () => awaitCall('a').catch((cause) => Promise.reject(new Error('x', { cause }))),
    },
    { how: 'among others', handler: () => Promise.any([awaitCall('a')]) },
  ]
  // Looks into causes and aggregates, as the real one does.
  const classify = (error: unknown): { status: 'permanent' } => {
    const { errors, cause } = error as AggregateError
    const inner = errors?.[0] ?? cause
    return inner === undefined ? { status: (error as DispatchError).status as 'permanent' } : classify(inner)
  }
  for (const { name, type, want } of REMOTE) {
    for (const { how, handler } of rethrow) {
      const driver = new CallDriver(WARM, define(handler), { classify })
      await driver.begin()
      await driver.resume([failureOf(firstCall(driver), 'boo', type)])
      t.match(driver.outcome, { status: want }, `a failure ${name}, thrown ${how}`)
    }
  }
})

inEachMode(t, 'a handler that heeds its signal ends by itself when the run is aborted', async (t, mode) => {
  const driver = new CallDriver(
    mode,
    define(async (_input, { signal }: CallContext) => {
      await awaitCall('a')
      return new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
    }),
  )
  await driver.begin()
  const controller = new AbortController()
  const run = driver.resume([outputOf(firstCall(driver))], undefined, controller.signal)
  for (let turns = 0; turns < 10; turns++) await turn()
  controller.abort(new DispatchError('temporary', 'shutting down'))
  await run
  t.strictSame(driver.outcome, { status: 'temporary', error: 'TemporaryError: shutting down' })
})

inEachMode(
  t,
  'a handler that does not heed its signal is left behind, and its next step never ends',
  async (t, mode) => {
    let open: () => void = () => undefined
    let hasGoneOn = false
    const lock = new Promise<void>((resolve) => {
      open = resolve
    })
    const driver = new CallDriver(
      mode,
      define(async () => {
        await awaitCall('a')
        await lock
        await awaitCall('b').finally(() => {
          hasGoneOn = true
        })
      }),
    )
    await driver.begin()
    const controller = new AbortController()
    const result = outputOf(firstCall(driver))
    const run = driver.resume([result], undefined, controller.signal)
    for (let turns = 0; turns < 10; turns++) await turn()
    controller.abort()
    await run
    t.strictSame(driver.outcome, { status: 'temporary', error: 'TemporaryError: aborted' })
    open()
    await turn()
    t.equal(hasGoneOn, false)
    await driver.repeat()
    t.equal(firstCall(driver).function, 'b', 'the run can be repeated')
  },
)

t.test('a run whose signal is aborted already runs no further than its first turn', async (t) => {
  const driver = new CallDriver(
    WARM,
    define(() => new Promise(() => undefined)),
  )
  await driver.begin(undefined, AbortSignal.abort())
  t.match(driver.outcome, { status: 'temporary', error: 'TemporaryError: aborted' })
})

t.test('a run that is aborted does not end with a poll any more', async (t) => {
  const driver = new CallDriver(
    WARM,
    define(() => awaitCall('a')),
  )
  const controller = new AbortController()
  const run = driver.begin(undefined, controller.signal)
  await Promise.resolve()
  controller.abort()
  await run
  t.match(driver.outcome, { status: 'temporary', error: 'TemporaryError: aborted' })
  t.equal(driver.runner.warmCount, 0)
})

t.test('a call that has ended leaves no copy of its coroutine in memory', async (t) => {
  let isLast = false
  const driver = new CallDriver(
    WARM,
    define(async () => {
      await awaitCall('a')
      if (!isLast) await awaitCall('b')
    }),
  )
  await driver.begin()
  await driver.resume([outputOf(firstCall(driver))])
  t.equal(driver.runner.warmCount, 1)
  isLast = true
  await driver.repeat()
  t.equal(driver.outcome === 'poll', false)
  t.equal(driver.runner.warmCount, 0)
})

t.test('a call that expires during a run has timed out', async (t) => {
  const driver = new CallDriver(
    WARM,
    define(() => new Promise(() => undefined)),
  )
  const request = create(RunRequestSchema, {
    function: 'main',
    dispatchId: 'x',
    directive: { case: 'input', value: json(1) },
    expirationTime: timestampFromMs(driver.nowMs + 5),
  })
  // The timer of the expiration does not keep a process alive.
  const alive = setTimeout(() => undefined, 10_000)
  await driver.send(request)
  clearTimeout(alive)
  t.strictSame(driver.outcome, { status: 'timeout', error: 'TimeoutError: the call has expired' })
})

t.test('a call that expires in a hundred years is not expired', async (t) => {
  const driver = new CallDriver(
    WARM,
    define(async (_input, call) => {
      for (let turns = 0; turns < 10; turns++) await turn()
      return call.expiresAt?.getTime()
    }),
  )
  const expiresAtMs = driver.nowMs + 100 * 365 * 86_400_000
  const request = create(RunRequestSchema, {
    function: 'main',
    dispatchId: 'x',
    directive: { case: 'input', value: json(1) },
    expirationTime: timestampFromMs(expiresAtMs),
  })
  await driver.send(request)
  t.strictSame(driver.outcome, { status: 'ok', output: expiresAtMs })
})

t.test('the handler is told who it works for', async (t) => {
  const driver = new CallDriver(
    WARM,
    define((_input, call) => [
      call.dispatchId,
      call.parentDispatchId,
      call.rootDispatchId,
      call.createdAt.toISOString(),
      call.expiresAt === undefined,
      call.attempt,
    ]),
  )
  driver.attempt = 3
  await driver.begin()
  t.strictSame(driver.outcome, {
    status: 'ok',
    output: ['call-1', '', 'call-1', '1970-01-01T00:16:40.000Z', true, 3],
  })
})

t.test('a step after the handler has returned rejects with TypeError', async (t) => {
  let coroutine: Coroutine | undefined
  const driver = new CallDriver(
    WARM,
    define(() => {
      coroutine = currentCoroutine()
    }),
  )
  await driver.begin()
  const here = coroutine as Coroutine
  await t.rejects(here.sleep(1000), {
    name: 'TypeError',
    message: /the function of call call-1 has already ended/,
  })
  await t.rejects(here.gather([], decodeValue), { name: 'TypeError' })
  await t.rejects(here.dispatch(callOf('a')), { name: 'TypeError' })
  await t.rejects(here.await(callOf('a'), decodeValue), { name: 'TypeError' })
})

t.test('abandoned awaits never become unhandled rejections', async (t) => {
  const unhandled: unknown[] = []
  const note = (error: unknown) => unhandled.push(error)
  process.on('unhandledRejection', note)
  const driver = new CallDriver(
    WARM,
    define(async () => {
      const coroutine = currentCoroutine() as Coroutine
      void coroutine.await(callOf('a'), decodeValue)
      void coroutine.dispatch(callOf('x'))
      await awaitCall('b')
      return awaitCall('c')
    }),
  )
  await driver.begin()
  const [a, b] = driver.poll.calls as [Call, Call]
  await driver.resume([failureOf(a, 'nobody looks'), outputOf(b)])
  await driver.resume([outputOf(firstCall(driver), json('c'))])
  for (let turns = 0; turns < 5; turns++) await turn()
  process.off('unhandledRejection', note)
  t.strictSame(unhandled, [])
  t.strictSame(driver.outcome, { status: 'ok', output: 'c' })
})

t.test('suspended coroutines in memory are bounded in number and in idle time', async (t) => {
  let nowMs = 0
  const runner = createRunner({ nowMs: () => nowMs, warmCoroutinesMax: 3, warmIdleMsMax: 1000 })
  const begin = (dispatchId: string) =>
    runner.run(
      define(() => awaitCall('a')),
      create(RunRequestSchema, {
        function: 'main',
        dispatchId,
        directive: { case: 'input', value: json(1) },
        keepsJournal: true,
      }),
      new AbortController().signal,
    )
  for (const id of ['a', 'b', 'c', 'd', 'd']) await begin(id)
  t.equal(runner.warmCount, 3)
  nowMs = 900
  await begin('e')
  nowMs = 1001
  await begin('f')
  t.equal(runner.warmCount, 2, 'what was idle for more than a second is gone')
})

t.test('close forgets suspended coroutines and aborts their signals', async (t) => {
  let signal: AbortSignal | undefined
  const driver = new CallDriver(
    WARM,
    define((_input, call) => {
      signal = call.signal
      return awaitCall('a')
    }),
  )
  await driver.begin()
  driver.runner.close('bye')
  t.equal(driver.runner.warmCount, 0)
  t.equal(signal?.reason, 'bye')
  await driver.resume([outputOf(firstCall(driver), json('a'))])
  t.strictSame(driver.outcome, { status: 'ok', output: 'a' })
})
