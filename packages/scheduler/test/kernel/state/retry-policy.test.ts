import t from 'tap'
import { retryDelayMs } from '../../../dist/kernel/state/retry-policy.js'

t.test('the retry delay is exponential, jittered, capped, and never below Retry-After', async (t) => {
  const policy = { delayMsMin: 500, delayMsMax: 300_000, giveUpAfterMs: 0, unknownFunctionMsMax: 0 }
  const cases = [
    {
      name: 'after the first attempt, with the highest roll',
      attempts: 1,
      roll: 0.9999,
      floorMs: 0,
      want: 499,
    },
    { name: 'half of the delay with half of the roll', attempts: 3, roll: 0.5, floorMs: 0, want: 1_000 },
    { name: 'no delay with a roll of 0', attempts: 3, roll: 0, floorMs: 0, want: 0 },
    { name: 'the maximum delay', attempts: 5_000, roll: 0.5, floorMs: 0, want: 150_000 },
    { name: 'the delay of Retry-After', attempts: 1, roll: 0.5, floorMs: 7_000, want: 7_000 },
  ]
  t.plan(cases.length)
  for (const { name, attempts, roll, floorMs, want } of cases) {
    t.equal(retryDelayMs(policy, attempts, roll, floorMs), want, name)
  }
})
