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
  resultOf,
  turn,
} from '../helpers/coroutine-driver.js'

const WARM = modeOf(true, true)

/** Records calls after some turns of the event loop, and returns ids that differ from the requested ones. */
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
  await driver.resume([resultOf(firstCall(driver), json(1))])
  await driver.resume([resultOf(firstCall(driver), json(2))])
  t.strictSame(driver.outcome, { status: 'ok', output: ['id of call-1/d1-x', 1, 'id of call-1/d3-y', 2] })
  t.strictSame(names(), ['call-1/d1-x', 'call-1/d3-y'])
})

t.test(
  'the id of a detached call contains the restarts of its parent, and is the same when the run is repeated',
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

t.test('another function that another attempt dispatches at the same step has another id', async (t) => {
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

t.test('a detached call is recorded before the run ends, with a poll or an exit', async (t) => {
  const { dispatch, names } = createScheduler()
  const handler = async () => {
    void dispatchCall('x')
    await awaitCall('a')
    void dispatchCall('y')
  }
  const driver = new CallDriver(WARM, define(handler), { dispatch })
  await driver.begin()
  t.strictSame(names(), ['call-1/d1-x'])
  await driver.resume([resultOf(firstCall(driver))])
  t.strictSame(names(), ['call-1/d1-x', 'call-1/d3-y'])
  t.strictSame(driver.outcome, { status: 'ok' })
})

inEachMode(
  t,
  'a detached call that was refused fails in the same way in a rebuild, without another attempt',
  async (t, mode) => {
    let attempts = 0
    const dispatch = async () => {
      attempts += 1
      throw new DispatchError('throttled', 'queue full')
    }
    const handler = async () => {
      const failure = await dispatchCall('x').catch((error: DispatchError) => [error.status, error.message])
      return [failure, await awaitCall('a')]
    }
    const driver = new CallDriver(mode, define(handler), { dispatch })
    await driver.begin()
    await driver.resume([resultOf(firstCall(driver), json(1))])
    t.strictSame(driver.outcome, { status: 'ok', output: [['throttled', 'queue full'], 1] })
    t.equal(attempts, 1)
  },
)

t.test(
  'a run that could not dispatch ends with the status of the refusal, so that it is retried',
  async (t) => {
    const dispatch = async () => {
      throw new DispatchError('throttled', 'queue full')
    }
    const driver = new CallDriver(
      WARM,
      define(() => dispatchCall('x')),
      { dispatch },
    )
    await driver.begin()
    t.strictSame(driver.outcome, { status: 'throttled', error: 'ThrottledError: queue full' })
  },
)

inEachMode(t, 'detached calls of one batch are submitted together', async (t, mode) => {
  const { dispatch, batches } = createScheduler()
  const handler = async () => {
    const calls = ['x', 'y'].map((name) => callOf(name))
    return [await currentCoroutine()?.dispatchAll(calls), await awaitCall('a')]
  }
  const driver = new CallDriver(mode, define(handler), { dispatch })
  await driver.begin()
  await driver.resume([resultOf(firstCall(driver), json(1))])
  t.strictSame(driver.outcome, { status: 'ok', output: [['id of call-1/d1-x', 'id of call-1/d2-y'], 1] })
  t.strictSame(
    batches.map((batch) => batch.length),
    [2],
  )
})

t.test('a scheduler that returns too few ids is an invalid response', async (t) => {
  const driver = new CallDriver(
    WARM,
    define(() => dispatchCall('x')),
    { dispatch: async () => [] },
  )
  await driver.begin()
  t.match(driver.outcome, { status: 'invalid_response', error: /expected one for each of 1 calls, got 0/ })
})

t.test('the scheduler is called outside of the coroutine', async (t) => {
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
