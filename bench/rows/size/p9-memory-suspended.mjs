// P9: what a suspended call weighs, while its coroutine is in memory and when it is not.
import { benchmark } from '../../lib/measure/benchmark.mjs'
import { startChild } from '../../lib/work/child.mjs'

const COUNT = 10_000

/** Sleepers before the first look, so that code and tables are there. */
const FIRST = 100

const GC = { execArgv: ['--expose-gc'] }

await benchmark({
  id: 'P9',
  title: 'memory of 10,000 suspended calls, each',
  how: 'Functions that sleep for an hour. Heap of the main thread with its buffers, after garbage collection, over the same process with 100 of them. Warm coroutine: a process that keeps the coroutines less one that keeps none. Kernel record: a process started anew over the file, less one over an empty file. Payload cache: the rest, at most 64 MB in all.',
  runs: 2,
  warmUp: false,
  metrics: {
    warm: { name: 'warm coroutine', unit: 'B', atMost: 3_000, stretch: 2_000 },
    record: { name: 'kernel record of a cold one', unit: 'B', atMost: 500, stretch: 250 },
    cached: { name: 'payload cache', unit: 'B' },
    rss: { name: 'RSS with warm coroutine, all threads', unit: 'B' },
  },
  async measure({ count, folder }) {
    const calls = count(COUNT)
    const warm = await weighSuspended(folder(), calls, { warmCoroutinesMax: 2 * COUNT })
    const coldFolder = folder()
    const cold = await weighSuspended(coldFolder, calls, { warmCoroutinesMax: 0 })
    const record = (await weighOpen(coldFolder)) - (await weighOpen(folder()))
    return {
      warm: (warm.heap - cold.heap) / calls,
      record: record / (calls + FIRST),
      cached: cold.heap / calls - record / (calls + FIRST),
      rss: warm.rss / calls,
    }
  },
})

/** What `calls` suspended calls weigh in the process that has suspended them. */
async function weighSuspended(folder, calls, options) {
  const child = startChild('calls-at-rest', GC)
  await child.ask('open', folder, options)
  await child.ask('start')
  await child.ask('suspend', FIRST, 0)
  const before = await child.ask('memoryInUse')
  await child.ask('suspend', calls, FIRST)
  const after = await child.ask('memoryInUse')
  await child.stop()
  return { heap: after.heap - before.heap, rss: after.rss - before.rss }
}

/** The heap of a process that has opened a store and done nothing. */
async function weighOpen(folder) {
  const child = startChild('calls-at-rest', GC)
  await child.ask('open', folder)
  const { heap } = await child.ask('memoryInUse')
  await child.stop()
  return heap
}
