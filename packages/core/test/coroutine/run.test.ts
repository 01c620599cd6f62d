import type { CallContext } from '@dispatch/core'
import { DispatchError } from '@dispatch/protocol'
import { type Call, create, durationMs, RunRequestSchema, timestampFromMs } from '@dispatch/protocol/messages'
import { decodeValue } from '@dispatch/protocol/values'
import t from 'tap'
import { type Coroutine, currentCoroutine } from '../../dist/coroutine/index.js'
import {
  awaitCall,
  CallDriver,
  callOf,
  createRunner,
  define,
  failedResultOf,
  firstCall,
  inEachMode,
  json,
  modeOf,
  resultOf,
  turn,
} from '../helpers/coroutine-driver.js'

const WARM = modeOf(true, true)

t.test('a run waits for a handler that waits only for I/O', async (t) => {
  const handler = async () => {
    for (let turns = 0; turns < 20; turns++) await turn()
    return 'done'
  }
  const driver = new CallDriver(WARM, define(handler))
  await driver.begin()
  t.strictSame(driver.outcome, { status: 'ok', output: 'done' })
})

t.test('calls that begin within one turn of each other are sent together', async (t) => {
  const handler = () => Promise.all([awaitCall('a'), turn().then(() => awaitCall('b'))])
  const driver = new CallDriver(WARM, define(handler))
  await driver.begin()
  t.strictSame(
    driver.poll.calls.map((call) => call.function),
    ['a', 'b'],
  )
})

t.test('a handler that begins a step in every turn is not suspended meanwhile', async (t) => {
  const handler = async () => {
    await awaitCall('a')
    for (let microtask = 0; microtask < 50; microtask++) await undefined
    return Promise.all([awaitCall('b'), turn().then(() => awaitCall('c'))])
  }
  const driver = new CallDriver(WARM, define(handler))
  await driver.begin()
  await driver.resume([resultOf(firstCall(driver))])
  t.strictSame(
    driver.poll.calls.map((call) => call.function),
    ['b', 'c'],
  )
})

t.test('a handler that ends while it is suspended ends the next run', async (t) => {
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

t.test(
  'onSelfResume is called once when a suspended handler begins steps, and not when a run resumes it',
  async (t) => {
    const resumed: string[] = []
    const afterTurns = async (name: string) => {
      for (let turns = 0; turns < 5; turns++) await turn()
      return awaitCall(name)
    }
    const driver = new CallDriver(
      WARM,
      define(async () => [
        await Promise.race([awaitCall('a'), afterTurns('b'), afterTurns('c')]),
        await awaitCall('d'),
      ]),
      { onSelfResume: (dispatchId) => resumed.push(dispatchId) },
    )
    await driver.begin()
    const a = firstCall(driver)
    t.strictSame(resumed, [])
    for (let turns = 0; turns < 10; turns++) await turn()
    t.strictSame(resumed, ['call-1'])
    await driver.resume([resultOf(a)])
    t.strictSame(
      driver.poll.calls.map((call) => call.function),
      ['b', 'c', 'd'],
    )
    t.strictSame(resumed, ['call-1'])
  },
)

t.test(
  'onSelfResume is called when a suspended handler ends, and not when its copy is dropped',
  async (t) => {
    const resumed: string[] = []
    let finish: () => void = () => undefined
    const handler = () =>
      Promise.race([
        awaitCall('a'),
        new Promise<void>((resolve) => {
          finish = resolve
        }),
      ])
    const driver = new CallDriver(WARM, define(handler), {
      onSelfResume: (dispatchId) => resumed.push(dispatchId),
    })
    await driver.begin()
    finish()
    await turn()
    t.strictSame(resumed, ['call-1'])
    await driver.begin()
    driver.runner.close('shutdown')
    finish()
    await turn()
    t.strictSame(resumed, ['call-1'])
  },
)

/** Ways in which a run can end, and what the response says. */
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
    name: 'an unknown error of a function with unknownErrorStatus',
    handler: () => Promise.reject(new Error('boo')),
    more: { unknownErrorStatus: 'temporary' },
    want: { status: 'temporary', error: 'Error: boo' },
  },
  {
    name: 'an error that carries an output',
    handler: () => Promise.reject(new DispatchError('not_found', 'gone', { output: { id: 7 } })),
    want: { status: 'not_found', error: 'NotFoundError: gone', output: { id: 7 } },
  },
  {
    name: 'a thrown string',
    handler: () => Promise.reject('boo'),
    want: { status: 'permanent', error: 'Error: boo' },
  },
  {
    name: 'a thrown value whose properties cannot be read',
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
        throw new DispatchError('invalid_argument', 'input.count: expected a number, got a string')
      },
    },
    want: {
      status: 'invalid_argument',
      error: 'InvalidArgumentError: input.count: expected a number, got a string',
    },
  },
  {
    name: 'an input whose decoder throws an error without a status',
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

t.test('a run ends with what the handler returned or threw', async (t) => {
  t.plan(ENDS.length)
  for (const { name, handler = () => 'out', more = {}, want } of ENDS) {
    t.test(name, async (t) => {
      const driver = new CallDriver(WARM, define(handler, more))
      await driver.begin()
      t.match(driver.outcome, want as object)
    })
  }
})

t.test('E26 the status of an output becomes the status of the run, without an error', async (t) => {
  const driver = new CallDriver(
    WARM,
    define(() => ({ code: 404 })),
    { statusOfOutput: () => 'not_found' },
  )
  await driver.begin()
  t.strictSame(driver.outcome, { status: 'not_found', output: { code: 404 } })
})

t.test('the retryAfterMs of an error becomes the retry-after of the response, rounded up', async (t) => {
  const handler = () => Promise.reject(new DispatchError('throttled', 'slow down', { retryAfterMs: 1500.5 }))
  const driver = new CallDriver(WARM, define(handler))
  const { retryAfter } = await driver.begin()
  t.equal(retryAfter && durationMs(retryAfter), 1501)
})

t.test('E18 a request without a directive is an invalid argument', async (t) => {
  const driver = new CallDriver(
    WARM,
    define(() => 'out'),
  )
  await driver.send(create(RunRequestSchema, { function: 'main', dispatchId: 'x' }))
  t.match(driver.outcome, { status: 'invalid_argument', error: /neither an input nor a poll_result/ })
})

const REMOTE = [
  { name: 'that is temporary', type: 'ThrottledError', want: 'permanent' },
  { name: 'that is incompatible_state', type: 'IncompatibleStateError', want: 'permanent' },
  { name: 'that is final', type: 'NotFoundError', want: 'not_found' },
]

t.test('a failure of another call that is rethrown never makes the run retryable', async (t) => {
  t.plan(REMOTE.length * 3)
  const rethrow = [
    { how: 'as it is', handler: () => awaitCall('a') },
    {
      how: 'as a cause',
      handler: () => awaitCall('a').catch((cause) => Promise.reject(new Error('x', { cause }))),
    },
    { how: 'among others', handler: () => Promise.any([awaitCall('a')]) },
  ]
  // Follows causes and aggregates, as the real one does.
  const classify = (error: unknown): { status: 'permanent' } => {
    const { errors, cause } = error as AggregateError
    const inner = errors?.[0] ?? cause
    return inner === undefined ? { status: (error as DispatchError).status as 'permanent' } : classify(inner)
  }
  for (const { name, type, want } of REMOTE) {
    for (const { how, handler } of rethrow) {
      const driver = new CallDriver(WARM, define(handler), { classify })
      await driver.begin()
      await driver.resume([failedResultOf(firstCall(driver), 'boo', type)])
      t.match(driver.outcome, { status: want }, `a failure ${name}, thrown ${how}`)
    }
  }
})

inEachMode(
  t,
  'a handler that observes its signal ends on its own when the run is aborted',
  async (t, mode) => {
    const driver = new CallDriver(
      mode,
      define(async (_input, { signal }: CallContext) => {
        await awaitCall('a')
        return new Promise((_resolve, reject) =>
          signal.addEventListener('abort', () => reject(signal.reason)),
        )
      }),
    )
    await driver.begin()
    const controller = new AbortController()
    const run = driver.resume([resultOf(firstCall(driver))], undefined, controller.signal)
    for (let turns = 0; turns < 10; turns++) await turn()
    controller.abort(new DispatchError('temporary', 'shutting down'))
    await run
    t.strictSame(driver.outcome, { status: 'temporary', error: 'TemporaryError: shutting down' })
  },
)

inEachMode(
  t,
  'a handler that ignores its signal is abandoned, and its next step never settles',
  async (t, mode) => {
    let open: () => void = () => undefined
    let hasContinued = false
    const lock = new Promise<void>((resolve) => {
      open = resolve
    })
    const driver = new CallDriver(
      mode,
      define(async () => {
        await awaitCall('a')
        await lock
        await awaitCall('b').finally(() => {
          hasContinued = true
        })
      }),
    )
    await driver.begin()
    const controller = new AbortController()
    const result = resultOf(firstCall(driver))
    const run = driver.resume([result], undefined, controller.signal)
    for (let turns = 0; turns < 10; turns++) await turn()
    controller.abort()
    await run
    t.strictSame(driver.outcome, { status: 'temporary', error: 'TemporaryError: aborted' })
    open()
    await turn()
    t.equal(hasContinued, false)
    await driver.repeat()
    t.equal(firstCall(driver).function, 'b', 'the run can be repeated')
  },
)

t.test('a run whose signal is already aborted ends after one turn', async (t) => {
  const driver = new CallDriver(
    WARM,
    define(() => new Promise(() => undefined)),
  )
  await driver.begin(undefined, AbortSignal.abort())
  t.match(driver.outcome, { status: 'temporary', error: 'TemporaryError: aborted' })
})

t.test('a run that is aborted does not end with a poll', async (t) => {
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

t.test('a call that has ended leaves no coroutine in memory', async (t) => {
  let isLast = false
  const driver = new CallDriver(
    WARM,
    define(async () => {
      await awaitCall('a')
      if (!isLast) await awaitCall('b')
    }),
  )
  await driver.begin()
  await driver.resume([resultOf(firstCall(driver))])
  t.equal(driver.runner.warmCount, 1)
  isLast = true
  await driver.repeat()
  t.equal(driver.outcome === 'poll', false)
  t.equal(driver.runner.warmCount, 0)
})

t.test('a call that expires during a run ends with timeout', async (t) => {
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

t.test('a call that expires in a hundred years does not expire at once', async (t) => {
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

t.test('the handler gets the properties of its call', async (t) => {
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

t.test('steps that are not awaited never cause unhandled rejections', async (t) => {
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
  await driver.resume([failedResultOf(a, 'not observed'), resultOf(b)])
  await driver.resume([resultOf(firstCall(driver), json('c'))])
  for (let turns = 0; turns < 5; turns++) await turn()
  process.off('unhandledRejection', note)
  t.strictSame(unhandled, [])
  t.match(driver.outcome, { status: 'permanent', error: /^ForgottenAwaitError/ })
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
  t.equal(runner.warmCount, 2, 'those that were idle for more than a second are dropped')
})

t.test('close drops suspended coroutines and aborts their signals', async (t) => {
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
  await driver.resume([resultOf(firstCall(driver), json('a'))])
  t.strictSame(driver.outcome, { status: 'ok', output: 'a' })
})
