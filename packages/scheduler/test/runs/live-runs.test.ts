import t from 'tap'
import { LiveRuns } from '../../dist/runs/live-runs.js'
import { ManualClock } from '../helpers/manual-clock.js'

/** As the clock is, but for the number of its timers. */
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

t.test('each run is aborted at its own limit, in whatever order they began', async (t) => {
  const clock = new CountingClock()
  const runs = new LiveRuns(clock)
  const live = [50, 10, 30, 10, 1_000].map((limitMs, run) => {
    const one = runs.begin(run)
    runs.limit(one, limitMs)
    return one
  })
  const aborted = () => live.map((run) => run.aborted)
  t.strictSame(aborted(), [false, false, false, false, false])
  clock.pass(9)
  t.strictSame(aborted(), [false, false, false, false, false])
  clock.pass(2)
  t.strictSame(aborted(), [false, true, false, true, false])
  t.match(live[1]?.reason, { status: 'timeout', message: 'the run took longer than 10 ms' })
  clock.pass(20)
  t.strictSame(aborted(), [false, true, true, true, false])
  clock.pass(20)
  t.strictSame(aborted(), [true, true, true, true, false])
  t.equal(clock.timers, 1, 'one timer for all')
  clock.pass(1_000)
  t.strictSame(aborted(), [true, true, true, true, true])
  t.equal(clock.timers, 0, 'none when no limit is ahead')
})

t.test('a run that has ended is let go, and its limit with it', async (t) => {
  const clock = new CountingClock()
  const runs = new LiveRuns(clock)
  const [first, second] = [runs.begin(1), runs.begin(2)]
  runs.limit(first, 10)
  runs.limit(second, 20)
  runs.end(1)
  t.equal(runs.get(1), undefined)
  clock.pass(15)
  t.equal(first.aborted, false)
  clock.pass(10)
  t.equal(second.aborted, true)
  const third = runs.begin(3)
  runs.limit(third, 10)
  runs.end(2)
  runs.end(3)
  t.equal(runs.size, 0)
  t.equal(clock.timers, 0, 'nothing keeps the process alive')
})

t.test(
  'a run that waits for what it needs has no limit yet, and a limit may be as long as one likes',
  async (t) => {
    const clock = new CountingClock()
    const runs = new LiveRuns(clock)
    const waiting = runs.begin(1)
    clock.pass(100_000)
    t.equal(waiting.aborted, false, 'a run has no limit before its endpoint was asked')
    runs.limit(waiting, Number.MAX_SAFE_INTEGER)
    clock.pass(100_000)
    t.equal(waiting.aborted, false)
  },
)
