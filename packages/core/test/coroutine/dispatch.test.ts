import type { CallContext } from '@dispatch/core'
import { DispatchError } from '@dispatch/protocol'
import type { Call } from '@dispatch/protocol/messages'
import t from 'tap'
import { currentCoroutine } from '../../dist/coroutine/index.js'
import {
  awaitCall,
  CallDriver,
  callOf,
  define,
  dispatchCall,
  firstCall,
  inEachMode,
  json,
  modeOf,
  outputOf,
  turn,
} from '../helpers/coroutine-driver.js'

const WARM = modeOf(true, true)

/** Takes its time to record calls, and gives them ids of its own. */
function createScheduler() {
  const batches: Call[][] = []
  const dispatch = async (calls: Call[]) => {
    for (let turns = 0; turns < 5; turns++) await turn()
    batches.push(calls)
    return calls.map((call) => `id of ${call.dispatchId}`)
  }
  return { batches, dispatch, names: () => batches.flat().map((call) => call.dispatchId) }
}

inEachMode(t, 'a detached call is dispatched once, however often the handler is rebuilt', async (t, mode) => {
  const { dispatch, names } = createScheduler()
  const handler = async () => [
    await dispatchCall('x'),
    await awaitCall('a'),
    await dispatchCall('y'),
    await awaitCall('b'),
  ]
  const driver = new CallDriver(mode, define(handler), { dispatch })
  await driver.begin()
  await driver.resume([outputOf(firstCall(driver), json(1))])
  await driver.resume([outputOf(firstCall(driver), json(2))])
  t.strictSame(driver.outcome, { status: 'ok', output: ['id of call-1/d1-x', 1, 'id of call-1/d3-y', 2] })
  t.strictSame(names(), ['call-1/d1-x', 'call-1/d3-y'])
})

t.test(
  'the name of a detached call has the restarts of its parent, and is the same when the run is repeated',
  async (t) => {
    const { dispatch, names } = createScheduler()
    const driver = new CallDriver(
      WARM,
      define(() => dispatchCall('x')),
      { dispatch },
    )
    await driver.begin()
    await driver.begin()
    driver.restarts = 2
    await driver.begin()
    t.strictSame(names(), ['call-1/d1-x', 'call-1/d1-x', 'call-1/d2.1-x'])
  },
)

t.test('what another attempt dispatches at the same step has a name of its own', async (t) => {
  const { dispatch, names } = createScheduler()
  const handler = async (_: never, call: CallContext) => {
    await dispatchCall(call.attempt === 1 ? 'note' : 'alarm')
    if (call.attempt === 1) throw new DispatchError('temporary', 'not yet')
  }
  const driver = new CallDriver(WARM, define(handler), { dispatch })
  await driver.begin()
  driver.attempt = 2
  await driver.begin()
  t.strictSame(names(), ['call-1/d1-note', 'call-1/d1-alarm'])
})

t.test('a detached call is recorded before the run ends, with a poll or without', async (t) => {
  const { dispatch, names } = createScheduler()
  const handler = async () => {
    void dispatchCall('x')
    await awaitCall('a')
    void dispatchCall('y')
  }
  const driver = new CallDriver(WARM, define(handler), { dispatch })
  await driver.begin()
  t.strictSame(names(), ['call-1/d1-x'])
  await driver.resume([outputOf(firstCall(driver))])
  t.strictSame(names(), ['call-1/d1-x', 'call-1/d3-y'])
  t.strictSame(driver.outcome, { status: 'ok' })
})

inEachMode(t, 'a detached call that was not taken fails in the same way in a rebuild', async (t, mode) => {
  let attempts = 0
  const dispatch = async () => {
    attempts += 1
    throw new DispatchError('throttled', 'no room')
  }
  const handler = async () => {
    const failure = await dispatchCall('x').catch((error: DispatchError) => [error.status, error.message])
    return [failure, await awaitCall('a')]
  }
  const driver = new CallDriver(mode, define(handler), { dispatch })
  await driver.begin()
  await driver.resume([outputOf(firstCall(driver), json(1))])
  t.strictSame(driver.outcome, { status: 'ok', output: [['throttled', 'no room'], 1] })
  t.equal(attempts, 1)
})

t.test('a run that could not dispatch is repeated if that may help', async (t) => {
  const dispatch = async () => {
    throw new DispatchError('throttled', 'no room')
  }
  const driver = new CallDriver(
    WARM,
    define(() => dispatchCall('x')),
    { dispatch },
  )
  await driver.begin()
  t.strictSame(driver.outcome, { status: 'throttled', error: 'ThrottledError: no room' })
})

inEachMode(t, 'detached calls of one batch are handed over together', async (t, mode) => {
  const { dispatch, batches } = createScheduler()
  const handler = async () => {
    const calls = ['x', 'y'].map((name) => callOf(name))
    return [await currentCoroutine()?.dispatchAll(calls), await awaitCall('a')]
  }
  const driver = new CallDriver(mode, define(handler), { dispatch })
  await driver.begin()
  await driver.resume([outputOf(firstCall(driver), json(1))])
  t.strictSame(driver.outcome, { status: 'ok', output: [['id of call-1/d1-x', 'id of call-1/d2-y'], 1] })
  t.strictSame(
    batches.map((batch) => batch.length),
    [2],
  )
})

t.test('a scheduler that gives no id is an invalid response', async (t) => {
  const driver = new CallDriver(
    WARM,
    define(() => dispatchCall('x')),
    { dispatch: async () => [] },
  )
  await driver.begin()
  t.match(driver.outcome, { status: 'invalid_response', error: /expected one for each of 1 calls, got 0/ })
})

t.test('dispatching is not a part of the handler', async (t) => {
  let inside: unknown = 'never called'
  const dispatch = async () => {
    inside = currentCoroutine()
    return ['id']
  }
  const driver = new CallDriver(
    WARM,
    define(() => dispatchCall('x')),
    { dispatch },
  )
  await driver.begin()
  t.equal(inside, undefined)
})
