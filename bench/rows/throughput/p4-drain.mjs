// P4: how fast a backlog is worked off.
import { benchmark } from '../../lib/measure/benchmark.mjs'
import { metered } from '../../lib/measure/meter.mjs'
import { dispatchInBatches, drained, withEmbedded } from '../../lib/work/embedded.mjs'
import { increment } from '../../lib/work/workloads.mjs'

const COUNT = 20_000

await benchmark({
  id: 'P4',
  title: 'drain a backlog of 20,000 calls, in process',
  how: 'Calls are recorded before the scheduler is started; measured from start() until the last result is durable. Nobody waits for results. The adaptive limit begins at 10.',
  runs: 5,
  metrics: {
    rate: { name: 'rate', unit: 'calls/s', atLeast: 30_000, stretch: 80_000 },
    cpu: { name: 'CPU per call', unit: 'µs' },
  },
  async measure({ count, folder }) {
    const calls = count(COUNT)
    return await withEmbedded(folder(), { start: false }, async (dispatch) => {
      const last = await dispatchInBatches(dispatch, calls, (index) => increment.buildCall(index))
      const { ms, cpuMicros } = await metered(async () => {
        await dispatch.start()
        await drained(dispatch, calls, last)
      })
      return { rate: (calls / ms) * 1000, cpu: cpuMicros / calls }
    })
  },
})
