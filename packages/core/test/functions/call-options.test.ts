import { Dispatch, func } from '@dispatch/core'
import t from 'tap'
import { inputOf, postRun, runRequestBytes, runResponseOf } from '../helpers/run-requests.js'
import { createSchedulerDouble } from '../helpers/scheduler-double.js'

const ship = func('ship', async (order: string) => `shipped ${order}`)
const WAREHOUSE = 'https://warehouse.example.com'

t.test('option endpoint: a dispatched call names the application that has the function', async (t) => {
  const scheduler = createSchedulerDouble()
  const dispatch = new Dispatch({ scheduler, env: {} })
  await dispatch.dispatch(ship, 'a', { endpoint: `${WAREHOUSE}/` })
  t.match(scheduler.requests, [[{ function: 'ship', endpoint: WAREHOUSE }]])
  await t.rejects(dispatch.dispatch(ship, 'a'), {
    name: 'TypeError',
    message: /'ship' is not registered here, and the call names no other endpoint/,
  })
})

t.test(
  'option endpoint: an awaited call names it in the Poll, and the calls beside it name none',
  async (t) => {
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
  },
)

t.test('option endpoint: what is no URL is refused by name', async (t) => {
  const dispatch = new Dispatch({ scheduler: createSchedulerDouble(), env: {} })
  const values = ['warehouse', 'ftp://warehouse', '', 7 as unknown as string]
  t.plan(values.length)
  for (const endpoint of values) {
    await t.rejects(dispatch.dispatch(ship, 'a', { endpoint }), {
      name: 'TypeError',
      message: /^ship: options\.endpoint: wanted /,
    })
  }
})

t.test('an id names the call, for requests that may come twice', async (t) => {
  const fn = func('f', async (value: number) => value)
  t.equal(fn.buildCall(1, { id: 'order-7' }).dispatchId, 'order-7')
  t.equal(fn.buildCall(1).dispatchId, '')
  t.throws(() => fn.buildCall(1, { id: 7 as never }), { name: 'TypeError', message: /options\.id/ })
})

t.test('runTimeout limits the runs of all calls of a function', async (t) => {
  const fn = func('f', { runTimeout: '90s' }, async (value: number) => value)
  t.match(fn.buildCall(1).runTimeout, { seconds: 90n, nanos: 0 })
  t.throws(() => func('f', { runTimeout: 'soon' }, async () => 1), {
    name: 'TypeError',
    message: /runTimeout/,
  })
})

t.test('a priority is of the function or of the call', async (t) => {
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

t.test('a key of the input limits how many calls run at one time', async (t) => {
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
    message: /wanted concurrencyKey beside it/,
  })
  t.throws(() => func('f', { concurrencyKey: 'shop' as never }, async () => 1), {
    message: /a function of the input/,
  })
})
