import t from 'tap'
import { timeSeenIn } from '../../dist/store/time-seen.js'
import { SteadyClock } from '../../dist/time/steady-clock.js'
import { ManualClock } from '../helpers/manual-clock.js'
import { call } from '../helpers/store-records.js'

const HOUR_MS = 3_600_000
const START_MS = 1_718_000_000_000

t.test('T1 time follows the clock, also when it is set forwards', async (t) => {
  const clock = new ManualClock()
  const steady = new SteadyClock(clock)
  t.equal(steady.nowMs(), START_MS)
  clock.pass(10)
  t.equal(steady.nowMs(), START_MS + 10)
  clock.wallMs += HOUR_MS
  t.equal(steady.nowMs(), START_MS + 10 + HOUR_MS)
})

t.test('T2 a clock that is set back does not move time back, and time continues', async (t) => {
  const clock = new ManualClock()
  const steady = new SteadyClock(clock)
  t.equal(steady.nowMs(), START_MS)
  clock.wallMs -= HOUR_MS
  clock.pass(5_000)
  t.equal(steady.nowMs(), START_MS + 5_000)
  clock.wallMs -= HOUR_MS
  clock.pass(5_000)
  t.equal(steady.nowMs(), START_MS + 10_000, 'however often that happens')
  clock.wallMs += 2 * HOUR_MS + 1
  t.equal(steady.nowMs(), START_MS + 10_001, 'the clock is followed again once it has caught up')
})

t.test('T3 time continues from the latest time seen, until the clock has caught up', async (t) => {
  const clock = new ManualClock()
  const steady = new SteadyClock(clock)
  t.equal(steady.startFrom(START_MS - 1), 0, 'a clock that is not behind is not held up')
  t.equal(steady.nowMs(), START_MS)
  t.equal(steady.startFrom(START_MS + HOUR_MS), HOUR_MS)
  clock.pass(1_000)
  t.equal(steady.nowMs(), START_MS + HOUR_MS + 1_000)
  clock.wallMs += HOUR_MS + 5
  t.equal(steady.nowMs(), START_MS + HOUR_MS + 1_005)
})

t.test('the time seen in a store is the latest progress of a call', async (t) => {
  t.equal(timeSeenIn([]), 0)
  t.equal(timeSeenIn([call('a', { progressAtMs: 20 }), call('b', { progressAtMs: 10, dueAtMs: 99 })]), 20)
})
