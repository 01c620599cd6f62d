import { type Call, type CallResult, create, WireErrorSchema } from '@dispatch/protocol/messages'
import t from 'tap'
import {
  awaitCall,
  CallDriver,
  define,
  firstCall,
  fromJson,
  gatherCalls,
  inEachMode,
  json,
  modeOf,
  resultOf,
} from '../helpers/coroutine-driver.js'

const WARM = modeOf(true, true)

inEachMode(t, 'a chain of a thousand awaits ends, one run per await', async (t, mode) => {
  const length = mode.isWarm ? 1000 : 100
  const driver = new CallDriver(
    mode,
    define(async () => {
      let sum = 0
      for (let step = 0; step < length; step++) sum += (await awaitCall('a', step)) as number
      return sum
    }),
  )
  await driver.begin()
  while (driver.outcome === 'poll') {
    const call = firstCall(driver)
    await driver.resume([resultOf(call, call.input)])
  }
  t.strictSame(driver.outcome, { status: 'ok', output: (length * (length - 1)) / 2 })
  t.equal(driver.requests.length, length + 1)
})

inEachMode(t, 'a gather of 10,000 calls sends and receives them in batches', async (t, mode) => {
  const inputs = Array.from({ length: 10_000 }, (_, index) => index)
  const driver = new CallDriver(
    mode,
    define(() => gatherCalls('a', inputs)),
  )
  const ready: CallResult[] = []
  await driver.begin()
  while (driver.outcome === 'poll') {
    const { calls, maxResults } = driver.poll
    t.ok(calls.length <= 1000)
    ready.push(...calls.map((call) => resultOf(call, call.input)).reverse())
    await driver.resume(driver.poll.moreCalls ? [] : ready.splice(0, maxResults))
  }
  const { output } = driver.outcome as { output: unknown[] }
  t.equal(output.join(), inputs.join())
})

t.test('the scheduler limits the number of calls of a poll', async (t) => {
  const driver = new CallDriver(
    WARM,
    define(() => gatherCalls('a', [1, 2, 3, 4, 5])),
  )
  driver.pollCallsMax = 2
  const sizes: number[] = []
  const calls: Call[] = []
  await driver.begin()
  while (driver.poll.moreCalls) {
    sizes.push(driver.poll.calls.length)
    calls.push(...driver.poll.calls)
    await driver.resume()
  }
  t.strictSame([...sizes, driver.poll.calls.length], [2, 2, 1])
  calls.push(...driver.poll.calls)
  await driver.resume(calls.map((call) => resultOf(call, call.input)))
  t.strictSame(driver.outcome, { status: 'ok', output: [1, 2, 3, 4, 5] })
})

inEachMode(t, 'calls with large inputs are sent in batches of 8 MB, a larger one alone', async (t, mode) => {
  const text = (megabytes: number) => 'x'.repeat(megabytes * 1_000_000)
  const inputs = [text(5), text(5), text(9), text(1), text(1)]
  const driver = new CallDriver(
    mode,
    define(async () => (await gatherCalls('a', inputs)).length),
  )
  const sizes: number[] = []
  const calls: Call[] = []
  await driver.begin()
  for (;;) {
    sizes.push(driver.poll.calls.length)
    calls.push(...driver.poll.calls)
    if (calls.length === inputs.length) break
    await driver.resume()
  }
  t.strictSame(sizes, [1, 1, 1, 2])
  await driver.resume(calls.map((call) => resultOf(call, json(1))))
  t.strictSame(driver.outcome, { status: 'ok', output: 5 })
})

t.test('calls of a gather that has failed are not sent', async (t) => {
  const driver = new CallDriver(
    WARM,
    define(async () => {
      const failure = await gatherCalls('a', [1, 2, 3]).catch(() => 'failed')
      return [failure, await awaitCall('b')]
    }),
  )
  driver.pollCallsMax = 1
  await driver.begin()
  await driver.resume([], create(WireErrorSchema, { message: 'no' }))
  t.strictSame([driver.poll.calls.map((call) => call.function), driver.poll.moreCalls], [['b'], false])
  await driver.resume([resultOf(firstCall(driver), json('b'))])
  t.strictSame(driver.outcome, { status: 'ok', output: ['failed', 'b'] })
})

t.test('results that do not fit into a state end the call, and the message names the fix', async (t) => {
  const driver = new CallDriver(
    modeOf(true, false),
    define(async () => {
      for (;;) await awaitCall('a')
    }),
  )
  const output = json('x'.repeat(5_000_000))
  await driver.begin()
  while (driver.outcome === 'poll') await driver.resume([resultOf(firstCall(driver), output)])
  t.match(driver.outcome, { status: 'permanent', error: /at most 12000000 fit .* split it/ })
  t.equal(driver.requests.length, 4)
})

t.test('10,000 sleeping handlers are suspended and resumed', async (t) => {
  const driver = new CallDriver(
    WARM,
    define(async (_input, call) => {
      await call.sleep('1h')
      return call.dispatchId
    }),
    { warmIdleMsMax: 7_200_000 },
  )
  const ids = Array.from({ length: 10_000 }, (_, index) => `call-${index}`)
  const suspended = await Promise.all(
    ids.map((dispatchId) => {
      driver.dispatchId = dispatchId
      return driver.begin()
    }),
  )
  t.equal(driver.runner.warmCount, 10_000)
  driver.nowMs += 3_600_000
  const ended = await Promise.all(
    suspended.map((response, index) => {
      driver.dispatchId = `call-${index}`
      driver.response = response
      return driver.resume()
    }),
  )
  const outputs = ended.map(({ directive }) =>
    directive.case === 'exit' ? fromJson(directive.value.result?.output) : directive.case,
  )
  t.equal(outputs.join(), ids.join())
  t.strictSame([driver.rebuilds, driver.runner.warmCount], [0, 0])
})
