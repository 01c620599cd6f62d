import t from 'tap'
import { Rate } from '../../dist/bounds/rate.js'

t.test('a rate covers the last five seconds, and survives a clock that is set back', async (t) => {
  const rate = new Rate()
  for (let atMs = 0; atMs < 4_000; atMs += 10) rate.add(1, atMs)
  t.equal(rate.adviceMsFor(100, 4_000), 1_000)
  t.equal(rate.adviceMsFor(100, 6_000), 1_563, 'most of it was within the last five seconds')
  t.equal(rate.adviceMsFor(100, 60_000), 10_000, 'none of it was')
  rate.add(1_000, 60_000)
  t.equal(rate.adviceMsFor(100, 60_000), 50)
  t.equal(rate.adviceMsFor(100, 1_000), 10_000, 'the clock was set back')
})
