// P1: what it costs to record a call durably.
import { benchmark } from '../../lib/measure/benchmark.mjs'
import { metered } from '../../lib/measure/meter.mjs'
import { withEmbedded } from '../../lib/work/embedded.mjs'
import { CLIENTS, increment, inParallel } from '../../lib/work/workloads.mjs'

const COUNT = 20_000

await benchmark({
  id: 'P1',
  title: 'dispatch 20,000 calls, 64 at a time, in process',
  how: 'Embedded scheduler over one SQLite file, open and not started: calls are recorded and nothing runs. A new file for each run.',
  runs: 5,
  metrics: {
    rate: { name: 'rate', unit: 'calls/s', atLeast: 20_000, stretch: 40_000 },
    cpu: { name: 'CPU per call', unit: 'µs', atMost: 50, stretch: 25 },
  },
  async measure({ count, folder }) {
    const calls = count(COUNT)
    return await withEmbedded(folder(), { start: false }, async () => {
      const { ms, cpuMicros } = await metered(() =>
        inParallel(calls, CLIENTS, (index) => increment.dispatch(index)),
      )
      return { rate: (calls / ms) * 1000, cpu: cpuMicros / calls }
    })
  },
})
