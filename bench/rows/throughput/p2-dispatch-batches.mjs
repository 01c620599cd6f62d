// P2: what it costs to record calls durably, a thousand at a time.
import { benchmark } from '../../lib/measure/benchmark.mjs'
import { metered } from '../../lib/measure/meter.mjs'
import { dispatchInBatches, withEmbedded } from '../../lib/work/embedded.mjs'
import { increment } from '../../lib/work/workloads.mjs'

const COUNT = 50_000

await benchmark({
  id: 'P2',
  title: 'dispatch 50,000 calls in batches of 1,000, in process',
  how: 'As P1, by dispatchBatch, one batch after the other; making the calls is measured with it.',
  runs: 5,
  metrics: {
    rate: { name: 'rate', unit: 'calls/s', atLeast: 80_000, stretch: 150_000 },
    cpu: { name: 'CPU per call', unit: 'µs', atMost: 12 },
  },
  async measure({ count, folder }) {
    const calls = count(COUNT)
    return await withEmbedded(folder(), { start: false }, async (dispatch) => {
      const { ms, cpuMicros } = await metered(() =>
        dispatchInBatches(dispatch, calls, (index) => increment.buildCall(index)),
      )
      return { rate: (calls / ms) * 1000, cpu: cpuMicros / calls }
    })
  },
})
