// P3: what a durable call costs from its dispatch to its result, with the handler in the same process.
import { benchmark } from '../../lib/measure/benchmark.mjs'
import { metered } from '../../lib/measure/meter.mjs'
import { withEmbedded } from '../../lib/work/embedded.mjs'
import { executeAwaited } from '../../lib/work/workloads.mjs'

const COUNT = 20_000

await benchmark({
  id: 'P3',
  title: 'dispatch and execute 20,000 no-op calls, results awaited, 64 at a time, in process',
  how: 'Embedded scheduler over one SQLite file, started; each client dispatches, awaits result(), and goes on. The adaptive limit begins at 10 in each run.',
  runs: 5,
  metrics: {
    rate: { name: 'rate', unit: 'calls/s', atLeast: 15_000, stretch: 40_000 },
    cpu: { name: 'CPU per call', unit: 'µs', atMost: 60, stretch: 25 },
  },
  async measure({ count, folder }) {
    const calls = count(COUNT)
    return await withEmbedded(folder(), { start: true }, async () => {
      const { ms, cpuMicros } = await metered(() => executeAwaited(calls))
      return { rate: (calls / ms) * 1000, cpu: cpuMicros / calls }
    })
  },
})
