// P7: how long it takes to call many functions at once and to wait for all of them.
import { benchmark } from '../../lib/measure/benchmark.mjs'
import { metered } from '../../lib/measure/meter.mjs'
import { withEmbedded } from '../../lib/work/embedded.mjs'
import { runFans } from '../../lib/work/workloads.mjs'

const ONE = { parents: 1, children: 1_000 }
const MANY = { parents: 100, children: 100 }

/** One gather of a thousand is short: several, in sequence. */
const REPEATS = 10

await benchmark({
  id: 'P7',
  title: 'gather 1 x 1,000 and 100 x 100 calls, in process',
  how: `A function gathers so many no-op calls; time from its dispatch to its result. Of 1 x 1,000 the mean of ${REPEATS}, in sequence; of 100 x 100 all parents concurrently.`,
  runs: 5,
  metrics: {
    oneMs: { name: '1 x 1,000', unit: 'ms', atMost: 25, stretch: 10 },
    oneCpu: { name: '1 x 1,000, CPU per child', unit: 'µs' },
    manyMs: { name: '100 x 100', unit: 'ms', atMost: 350, stretch: 150 },
    manyCpu: { name: '100 x 100, CPU per child', unit: 'µs' },
  },
  async measure({ count, folder }) {
    return await withEmbedded(folder(), { start: true }, async () => {
      const width = count(ONE.children)
      const repeats = count(REPEATS)
      const one = await metered(async () => {
        for (let repeat = 0; repeat < repeats; repeat++) await runFans(ONE.parents, width)
      })
      const parents = count(MANY.parents)
      const many = await metered(() => runFans(parents, MANY.children))
      return {
        oneMs: one.ms / repeats,
        oneCpu: one.cpuMicros / (repeats * width),
        manyMs: many.ms,
        manyCpu: many.cpuMicros / (parents * MANY.children),
      }
    })
  },
})
