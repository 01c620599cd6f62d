import type { CallContext } from '@dispatch/core'
import { durationMs } from '@dispatch/protocol/messages'
import t from 'tap'
import { currentCoroutine } from '../../dist/coroutine/index.js'
import {
  awaitCall,
  CallDriver,
  define,
  failedResultOf,
  firstCall,
  gatherCalls,
  inEachMode,
  json,
  type Mode,
  modeOf,
  resultOf,
} from '../helpers/coroutine-driver.js'

const waitMsOf = (driver: CallDriver) => driver.poll.maxWait && durationMs(driver.poll.maxWait)

inEachMode(t, 'a sleep ends with the first run at its time or later', async (t, mode) => {
  const driver = new CallDriver(
    mode,
    define(async (_input, call) => {
      await call.sleep('1m')
      return call.now()
    }),
  )
  await driver.begin()
  t.match(driver.poll, { calls: [], minResults: 1, maxResults: 1 })
  t.equal(waitMsOf(driver), 60_000)
  driver.nowMs += 59_999
  await driver.resume()
  t.equal(waitMsOf(driver), mode.keepsJournal ? 1 : 1000)
  driver.nowMs += 1
  await driver.resume()
  t.strictSame(driver.outcome, { status: 'ok', output: 1_060_000 })
})

inEachMode(t, 'a sleep until a date ends at that date', async (t, mode) => {
  const driver: CallDriver = new CallDriver(
    mode,
    define(async (_input, call) => {
      await call.sleep(new Date(1_060_000))
      return call.now()
    }),
  )
  await driver.begin()
  t.equal(waitMsOf(driver), 60_000)
  driver.nowMs += 60_000
  await driver.resume()
  t.strictSame(driver.outcome, { status: 'ok', output: 1_060_000 })
})

inEachMode(
  t,
  'a sleep until a date that has passed meanwhile is rebuilt as the step that it was',
  async (t, mode) => {
    const driver = new CallDriver(
      mode,
      define(async (_input, call) => {
        await call.sleep(new Date(1_060_000))
        await call.sleep(new Date(5))
        return await awaitCall('a', 1)
      }),
    )
    await driver.begin()
    driver.nowMs += 60_000
    await driver.resume()
    t.equal(driver.outcome, 'poll')
    t.match(driver.poll.calls, [])
    driver.nowMs += 1
    await driver.resume()
    const call = firstCall(driver)
    driver.nowMs += 60_000
    await driver.resume([resultOf(call, json('x'))])
    t.strictSame(driver.outcome, { status: 'ok', output: 'x' })
  },
)

inEachMode(
  t,
  'a sleep counts from the moment it begins, however long the run has taken before',
  async (t, mode) => {
    const driver: CallDriver = new CallDriver(
      mode,
      define(async (_input, call) => {
        // As a request to another server would.
        driver.nowMs += 1_000
        await call.sleep(900)
        return call.now()
      }),
    )
    await driver.begin()
    driver.nowMs += 899
    await driver.resume()
    t.equal(driver.outcome, 'poll')
    driver.nowMs += 1
    await driver.resume()
    t.match(driver.outcome, { status: 'ok' })
  },
)

inEachMode(
  t,
  'sleeps end by time and then in the order in which they began, before results are delivered',
  async (t, mode) => {
    const order: string[] = []
    const driver = new CallDriver(
      mode,
      define(async (_input, call) => {
        order.length = 0
        const note = (name: string) => () => order.push(name)
        await Promise.all([
          call.sleep(3000).then(note('3 s')),
          call.sleep(2000).then(note('2 s')),
          call.sleep(2000).then(note('2 s too')),
          call.sleep(9000).then(note('9 s')),
          awaitCall('a').then(note('a')),
        ])
        return order
      }),
    )
    await driver.begin()
    const a = firstCall(driver)
    t.equal(waitMsOf(driver), 2000)
    driver.nowMs += 5000
    await driver.resume([resultOf(a)])
    t.equal(waitMsOf(driver), 4000)
    driver.nowMs += 4000
    await driver.resume()
    t.strictSame(driver.outcome, { status: 'ok', output: ['2 s', '2 s too', '3 s', 'a', '9 s'] })
  },
)

inEachMode(t, 'a timer beside a gather does not resume the handler before it is due', async (t, mode) => {
  const driver = new CallDriver(
    mode,
    define((_input, call) => Promise.race([gatherCalls('a', [1, 2]), call.sleep(5000)])),
  )
  await driver.begin()
  t.match(driver.poll, { minResults: 2, wakeOnFailure: mode.keepsJournal })
  t.equal(waitMsOf(driver), 5000)
  driver.nowMs += 5000
  await driver.resume()
  t.strictSame(driver.outcome, { status: 'ok' })
})

const SLEEPS: readonly { duration: number | string; want: string }[] = [
  { duration: 0, want: 'ok' },
  { duration: '0s', want: 'ok' },
  { duration: -1, want: 'permanent' },
  { duration: Number.NaN, want: 'permanent' },
  { duration: 'soon', want: 'permanent' },
]

t.test('a sleep of zero does not suspend, and one with an invalid duration is an error', async (t) => {
  t.plan(SLEEPS.length)
  for (const { duration, want } of SLEEPS) {
    const driver = new CallDriver(
      modeOf(true, true),
      define((_input, call) => call.sleep(duration)),
    )
    await driver.begin()
    t.match(driver.outcome, { status: want }, String(duration))
  }
})

t.test('a duration that changes between two deploys does not move a sleep that has begun', async (t) => {
  let duration = '1h'
  const driver = new CallDriver(
    modeOf(false, true),
    define((_input, call) => call.sleep(duration)),
  )
  await driver.begin()
  duration = '1s'
  driver.nowMs += 2000
  await driver.resume()
  t.equal(waitMsOf(driver), 3_598_000)
})

/** Output of a handler that uses everything that must be the same in a rebuild. */
async function deterministicOutcome(mode: Mode, change: (driver: CallDriver) => void = () => undefined) {
  const take = ({ now, random, uuid }: CallContext) => [now(), random(), uuid(), random()]
  const driver = new CallDriver(
    mode,
    define(async (_input, call) => [
      ...take(call),
      await awaitCall('a'),
      ...take(call),
      await awaitCall('b'),
    ]),
  )
  change(driver)
  await driver.begin()
  driver.nowMs += 50
  await driver.resume([resultOf(firstCall(driver), json('a'))])
  driver.nowMs += 50
  await driver.resume([resultOf(firstCall(driver), json('b'))])
  return (driver.outcome as { output: unknown[] }).output
}

inEachMode(t, 'time, random numbers and UUIDs are the same in a rebuild', async (t, mode) => {
  const output = await deterministicOutcome(mode)
  t.strictSame(output, await deterministicOutcome(modeOf(true, true)))
  t.strictSame([output[0], output[5]], [1_000_000, 1_000_050])
})

t.test(
  'random numbers and UUIDs are well formed, and differ between calls, restarts and functions',
  async (t) => {
    const outputs = [
      await deterministicOutcome(modeOf(true, true)),
      await deterministicOutcome(modeOf(true, true), (driver) => {
        driver.dispatchId = 'call-2'
      }),
      await deterministicOutcome(modeOf(true, true), (driver) => {
        driver.restarts = 1
      }),
      await deterministicOutcome(modeOf(true, true), (driver) => {
        Object.assign(driver.definition, { name: 'other' })
      }),
    ]
    const numbers = outputs.flatMap((output) => [output[1], output[3], output[6], output[8]]) as number[]
    const ids = outputs.flatMap((output) => [output[2], output[7]]) as string[]
    t.equal(new Set(numbers).size, 16)
    t.ok(numbers.every((number) => number >= 0 && number < 1))
    t.equal(new Set(ids).size, 8)
    t.ok(ids.every((id) => /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(id)))
  },
)

t.test(
  'the current coroutine is that of the handler in everything the handler begins, and undefined elsewhere',
  async (t) => {
    const mode = modeOf(true, true)
    const find = async () => {
      await awaitCall('a')
      return currentCoroutine()?.dispatchId
    }
    const drivers = ['one', 'two'].map((dispatchId) => {
      const driver = new CallDriver(mode, define(find))
      driver.dispatchId = dispatchId
      return driver
    })
    await Promise.all(drivers.map((driver) => driver.begin()))
    await Promise.all(drivers.map((driver) => driver.resume([resultOf(firstCall(driver))])))
    t.strictSame(
      drivers.map(({ outcome }) => outcome),
      [
        { status: 'ok', output: 'one' },
        { status: 'ok', output: 'two' },
      ],
    )
    t.equal(currentCoroutine(), undefined)
    await drivers[0]?.begin()
    await drivers[0]?.resume([failedResultOf(firstCall(drivers[0]), 'boo')])
    t.equal(currentCoroutine(), undefined)
  },
)
