import { parseDuration } from '@dispatch/protocol/text'
import t from 'tap'

t.test('durations are milliseconds', async (t) => {
  const cases = [
    { text: '250ms', want: 250 },
    { text: '3s', want: 3_000 },
    { text: '1.5s', want: 1_500 },
    { text: '5m', want: 300_000 },
    { text: '1h', want: 3_600_000 },
    { text: '30d', want: 2_592_000_000 },
    { text: '0s', want: 0 },
    { text: '1.001234s', want: 1_001.234 },
    { text: '0.1ms', want: 0.1 },
    { text: '3652500d', want: 315_576_000_000_000 },
    { text: 0, want: 0 },
    { text: 1_500, want: 1_500 },
    { text: 0.5, want: 0.5 },
  ]
  t.plan(cases.length)
  for (const { text, want } of cases) t.equal(parseDuration(text, 'options.delay'), want, String(text))
})

t.test('a value that is not a duration is refused, naming the option, the value and the forms', async (t) => {
  const cases = [
    { text: '', got: '""' },
    { text: '5', got: '"5"' },
    { text: '5 s', got: '"5 s"' },
    { text: '5S', got: '"5S"' },
    { text: '-5s', got: '"-5s"' },
    { text: '1h30m', got: '"1h30m"' },
    { text: '5 weeks', got: '"5 weeks"' },
    { text: '.5s', got: '".5s"' },
    { text: '3652501d', got: '"3652501d"' },
    { text: -1, got: '-1' },
    { text: Number.NaN, got: 'NaN' },
    { text: Number.POSITIVE_INFINITY, got: 'Infinity' },
    { text: null as unknown as string, got: 'null' },
  ]
  t.plan(cases.length)
  for (const { text, got } of cases) {
    const message =
      'options.delay: expected a duration such as "250ms", "3s", "1.5s", "5m", "1h" or "30d", ' +
      `or a number of milliseconds from 0 on, got ${got}`
    t.throws(() => parseDuration(text, 'options.delay'), { name: 'TypeError', message }, got)
  }
})
