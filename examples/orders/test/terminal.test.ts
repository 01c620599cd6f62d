import t from 'tap'
import { chart, sparkline } from '../dist/chart.js'
import { createProgress } from '../dist/progress.js'

t.test('a sparkline shows the latest values, scaled to the highest of all', async (t) => {
  t.equal(sparkline([8, 1, 2, 4], { width: 3, valuesPerColumn: 1 }), '▁▂▄')
  t.equal(sparkline([4, 4, 1, 4], { width: 9, valuesPerColumn: 4 }), '▂', 'no dip is lost')
  t.equal(sparkline([], { width: 3, valuesPerColumn: 1 }), '')
})

t.test('a chart is as wide as its values, up to its maximum width', async (t) => {
  t.strictSame(chart([1, 2, 4], { width: 10, height: 2 }), ['4 ┤  █', '2 ┤▄██'])
  t.strictSame(chart([1, 1, 4, 4], { width: 2, height: 1 }), ['4 ┤▂█'])
})

t.test('progress is one line on a terminal that fits it, and a line per second elsewhere', async (t) => {
  const snapshot = { done: 600, total: 1_200, limits: [10, 20, 5], retries: 7 }
  let text = ''
  const write = (chunk: string) => {
    text += chunk
  }
  const line = createProgress({ isTTY: true, columns: 80, write })
  line.show({ ...snapshot, elapsedMs: 500 })
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
  const visible = text.replaceAll(/\u001b\[[\d;]*[mK]|\r/g, '')
  t.match(visible, / 600\/1,200 orders +concurrency .* 5 +7 retries +0\.5 s$/)
  t.ok(visible.length < 80, `${visible.length} columns`)

  text = ''
  const lines = createProgress({ write })
  for (const elapsedMs of [500, 1_100, 1_900, 2_000]) lines.show({ ...snapshot, elapsedMs })
  lines.end()
  t.equal(text.split('\n').length, 3)
  t.match(text, /^ +1\.1 s +600\/1,200 orders +7 retries +concurrency +5 /)
})
