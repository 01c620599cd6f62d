import { Dispatch, func } from '@dispatch/core'
import { durationMs } from '@dispatch/protocol/messages'
import t from 'tap'
import { inputOf, postRun, runRequestBytes, runResponseOf } from '../helpers/run-requests.js'
import { createSchedulerDouble } from '../helpers/scheduler-double.js'

const ship = func('ship', async (order: string) => `shipped ${order}`)
const WAREHOUSE = 'https://warehouse.example.com'

t.test(
  'option endpoint: a dispatched call has the URL of the application that has the function',
  async (t) => {
    const scheduler = createSchedulerDouble()
    const dispatch = new Dispatch({ scheduler, env: {} })
    await dispatch.dispatch(ship, 'a', { endpoint: `${WAREHOUSE}/` })
    t.match(scheduler.requests, [[{ function: 'ship', endpoint: WAREHOUSE }]])
    await t.rejects(dispatch.dispatch(ship, 'a'), {
      name: 'TypeError',
      message: /got 'ship', which is not registered here/,
    })
  },
)

t.test('option endpoint: an awaited call has it in the Poll, and the other calls have none', async (t) => {
  const pack = func('pack', async () => 'packed')
  const sell = func('sell', async (order: string) =>
    Promise.all([ship.await(order, { endpoint: WAREHOUSE }), pack.await()]),
  )
  const dispatch = new Dispatch({ functions: [sell, pack], allowUnsigned: true, env: {} })
  const response = await postRun(
    dispatch,
    runRequestBytes({ function: 'sell', directive: inputOf('order 1') }),
  )
  const { directive } = runResponseOf(response)
  t.match(directive, {
    case: 'poll',
    value: {
      calls: [
        { function: 'ship', endpoint: WAREHOUSE },
        { function: 'pack', endpoint: '' },
      ],
    },
  })
})

t.test('option endpoint: a value that is not a URL is refused by name', async (t) => {
  const dispatch = new Dispatch({ scheduler: createSchedulerDouble(), env: {} })
  const values = ['warehouse', 'ftp://warehouse', '', 7 as unknown as string]
  t.plan(values.length)
  for (const endpoint of values) {
    await t.rejects(dispatch.dispatch(ship, 'a', { endpoint }), {
      name: 'TypeError',
      message: /^ship: options\.endpoint: expected /,
    })
  }
})

t.test('an id is the dispatch id of the call', async (t) => {
  const fn = func('f', async (value: number) => value)
  t.equal(fn.buildCall(1, { id: 'order-7' }).dispatchId, 'order-7')
  t.equal(fn.buildCall(1).dispatchId, '')
  t.throws(() => fn.buildCall(1, { id: 7 as never }), { name: 'TypeError', message: /options\.id/ })
})

t.test('runTimeout applies to all calls of a function', async (t) => {
  const fn = func('f', { runTimeout: '90s' }, async (value: number) => value)
  t.match(fn.buildCall(1).runTimeout, { seconds: 90n, nanos: 0 })
  t.throws(() => func('f', { runTimeout: 'soon' }, async () => 1), {
    name: 'TypeError',
    message: /runTimeout/,
  })
})

t.test('limits of one call take precedence over those of its function', async (t) => {
  const fn = func(
    'f',
    { expiration: '1h', attemptsMax: 3, giveUpAfter: '2h', runTimeout: '10m', priority: 5 },
    async (value: number) => value,
  )
  t.match(fn.buildCall(1), {
    expiration: { seconds: 3600n },
    attemptsMax: 3,
    giveUpAfter: { seconds: 7200n },
    runTimeout: { seconds: 600n },
    priority: 5,
  })
  const own = {
    expiration: '1m',
    attemptsMax: 1,
    giveUpAfter: '2m',
    runTimeout: '90s',
    priority: -1,
  } as const
  t.match(fn.buildCall(1, own), {
    expiration: { seconds: 60n },
    attemptsMax: 1,
    giveUpAfter: { seconds: 120n },
    runTimeout: { seconds: 90n },
    priority: -1,
  })
  t.match(fn.buildCall(1, { attemptsMax: 1 }), { attemptsMax: 1, runTimeout: { seconds: 600n } })
})

t.test('a delay and an expiration may be dates', async (t) => {
  const fn = func('f', async (value: number) => value)
  const nowMs = Date.now()
  const call = fn.buildCall(1, {
    delay: new Date(nowMs + 3_600_000),
    expiration: new Date(nowMs + 7_200_000),
  })
  const latestMs = Date.now() - nowMs
  for (const [duration, wantMs] of [
    [call.delay, 3_600_000],
    [call.expiration, 7_200_000],
  ] as const) {
    const ms = duration === undefined ? Number.NaN : durationMs(duration)
    t.ok(ms <= wantMs && ms >= wantMs - latestMs, `${ms} ms`)
  }
})

t.test('a date in the past means no delay, and immediate expiration', async (t) => {
  const fn = func('f', async (value: number) => value)
  const call = fn.buildCall(1, { delay: new Date(0), expiration: new Date(0) })
  t.equal(call.delay && durationMs(call.delay), 0)
  t.equal(call.expiration && durationMs(call.expiration), 1, '0 would be no expiration')
})

const badDates = [
  {
    name: 'an invalid date',
    delay: new Date(Number.NaN),
    want: /expected a date, got an invalid Date/,
  },
  { name: 'a date as a string', delay: '2024-01-01', want: /expected a duration/ },
]
for (const { name, delay, want } of badDates) {
  t.test(`${name} is refused as a delay`, async (t) => {
    const fn = func('f', async (value: number) => value)
    t.throws(() => fn.buildCall(1, { delay }), { name: 'TypeError', message: want })
  })
}

t.test('a priority is that of the call, or else that of the function', async (t) => {
  const fn = func('f', { priority: 5 }, async (value: number) => value)
  t.equal(fn.buildCall(1).priority, 5)
  t.equal(fn.buildCall(1, { priority: -3 }).priority, -3)
  t.throws(() => fn.buildCall(1, { priority: 1.5 }), {
    name: 'TypeError',
    message: /options\.priority.*1\.5/,
  })
  t.throws(() => func('f', { priority: 5_000 }, async () => 1), {
    name: 'TypeError',
    message: /-1000 to 1000/,
  })
})

t.test('concurrencyKey sets the key of a call and the limit of that key', async (t) => {
  const fn = func(
    'f',
    { concurrencyKey: (order: { shop: string }) => order.shop, concurrencyKeyMax: 3 },
    async (order: { shop: string }) => order.shop,
  )
  t.match(fn.buildCall({ shop: 'x' }), { concurrencyKey: 'x', concurrencyKeyMax: 3 })
  const one = func('f', { concurrencyKey: (id: string) => id }, async (id: string) => id)
  t.match(one.buildCall('y'), { concurrencyKey: 'y', concurrencyKeyMax: 1 })
  t.throws(() => one.buildCall(''), { name: 'TypeError', message: /concurrencyKey\(input\)/ })
  t.throws(() => one.buildCall('x'.repeat(600)), { name: 'TypeError', message: /at most 512 characters/ })
  t.throws(() => func('f', { concurrencyKeyMax: 3 }, async () => 1), {
    message: /expected concurrencyKey beside it/,
  })
  t.throws(() => func('f', { concurrencyKey: 'shop' as never }, async () => 1), {
    message: /a function of the input/,
  })
})
