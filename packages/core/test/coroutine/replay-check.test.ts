import { encodeValue } from '@dispatch/protocol/values'
import t from 'tap'
import { replayDifference } from '../../dist/coroutine/replay/replay-check.js'

const copyOf = (inputs: readonly unknown[], end?: unknown) =>
  ({ inputs: new Map(inputs.map((input, index) => [index + 1, encodeValue(input)])), end }) as never

t.test('the difference between a coroutine and its rebuilt copy is described with the values', async (t) => {
  const cases = [
    { name: 'no difference', before: copyOf([1, 'a']), after: copyOf([1, 'a', 'more']), want: undefined },
    {
      name: 'a value',
      before: copyOf([{ n: 1 }]),
      after: copyOf([{ n: 2 }]),
      want: /step 1 was {"n":1}, now it is {"n":2}/,
    },
    {
      name: 'a big integer',
      before: copyOf([2n ** 60n]),
      after: copyOf([1]),
      want: /was "1152921504606846976n", now it is 1/,
    },
    { name: 'a long value', before: copyOf(['x'.repeat(500)]), after: copyOf([1]), want: /was "x{99}…, now/ },
    {
      name: 'a step',
      before: copyOf([1]),
      after: copyOf([1], { kind: 'incompatible', message: 'step 2 was a sleep, now it is a call' }),
      want: /step 2 was a sleep, now it is a call, although nothing but time has passed/,
    },
  ]
  t.plan(cases.length)
  for (const { name, before, after, want } of cases) {
    const difference = replayDifference(before, after)
    t.match(
      difference && { status: difference.status, name: difference.name, message: difference.message },
      want && { status: 'permanent', name: 'ReplayCheckError', message: want },
      name,
    )
  }
})
