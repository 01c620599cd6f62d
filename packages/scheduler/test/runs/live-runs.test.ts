import t from 'tap'
import type { RunEffect } from '../../dist/kernel/events/events.js'
import { LiveRuns } from '../../dist/runs/live-runs.js'
import { ManualClock } from '../helpers/manual-clock.js'

/** A manual clock that counts its timers. */
class CountingClock extends ManualClock {
  timers = 0

  override after(delayMs: number, action: () => void): () => void {
    this.timers += 1
    const cancel = super.after(delayMs, () => {
      this.timers -= 1
      action()
    })
    return () => {
      this.timers -= 1
      cancel()
    }
  }
}

function effectOf(run: number): RunEffect {
  return {
    kind: 'run',
    id: `call ${run}`,
    run,
    parentId: '',
    rootId: `call ${run}`,
    endpoint: 'http://app',
    function: 'f',
    createdAtMs: 0,
    expiresAtMs: 0,
    attempt: 1,
    restarts: 0,
    runMsMax: 0,
    deliveries: undefined,
    isRefused: false,
    needsJournal: false,
  }
}

t.test('each run is aborted at its own time limit, whatever the order in which they began', async (t) => {
  const clock = new CountingClock()
  const live = new LiveRuns(clock)
  const runs = [50, 10, 30, 10, 1_000].map((limitMs, number) => {
    const run = live.begin(effectOf(number))
    live.limit(run, limitMs)
    return run
  })
  const aborted = () => runs.map((run) => run.aborted)
  t.strictSame(aborted(), [false, false, false, false, false])
  clock.pass(9)
  t.strictSame(aborted(), [false, false, false, false, false])
  clock.pass(2)
  t.strictSame(aborted(), [false, true, false, true, false])
  t.match(runs[1]?.reason, { status: 'timeout', message: 'the run took longer than 10 ms' })
  clock.pass(20)
  t.strictSame(aborted(), [false, true, true, true, false])
  clock.pass(20)
  t.strictSame(aborted(), [true, true, true, true, false])
  t.equal(clock.timers, 1, 'one timer serves all runs')
  clock.pass(1_000)
  t.strictSame(aborted(), [true, true, true, true, true])
  t.equal(clock.timers, 0, 'there is no timer without a limit ahead')
})

t.test('a run that has ended is released, and its time limit with it', async (t) => {
  const clock = new CountingClock()
  const live = new LiveRuns(clock)
  const [first, second] = [live.begin(effectOf(1)), live.begin(effectOf(2))]
  live.limit(first, 10)
  live.limit(second, 20)
  live.end(first)
  t.equal(live.get(1), undefined)
  clock.pass(15)
  t.equal(first.aborted, false)
  clock.pass(10)
  t.equal(second.aborted, true)
  const third = live.begin(effectOf(3))
  live.limit(third, 10)
  live.end(second)
  live.end(third)
  t.equal(live.size, 0)
  t.equal(clock.timers, 0, 'no timer keeps the process alive')
})

t.test(
  'a run that waits for its payloads has no time limit yet, and a limit may be arbitrarily long',
  async (t) => {
    const clock = new CountingClock()
    const live = new LiveRuns(clock)
    const run = live.begin(effectOf(1))
    clock.pass(100_000)
    t.equal(run.aborted, false, 'the limit counts from the request to the endpoint')
    live.limit(run, Number.MAX_SAFE_INTEGER)
    clock.pass(100_000)
    t.equal(run.aborted, false)
  },
)
