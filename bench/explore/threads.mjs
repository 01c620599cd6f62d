// CPU per call of the application's thread and of the store's, apart: `node bench/explore/threads.mjs p3 p4`. Linux only.
import { readdirSync, readFileSync } from 'node:fs'
import { makeScratchFolder, removeScratch } from '../lib/measure/scratch.mjs'
import { dispatchInBatches, drained, withEmbedded } from '../lib/work/embedded.mjs'
import { CLIENTS, executeAwaited, increment, inParallel, latencies, runFans } from '../lib/work/workloads.mjs'

const RUNS = 5

/** Of each workload the calls, whether they are run, and what is measured. */
const WORKLOADS = {
  p1: {
    calls: 20_000,
    start: false,
    work: (_, calls) => inParallel(calls, CLIENTS, (n) => increment.dispatch(n)),
  },
  p2: { calls: 50_000, start: false, work: (dispatch, calls) => fill(dispatch, calls) },
  p3: { calls: 20_000, start: true, work: (_, calls) => executeAwaited(calls) },
  p4: {
    calls: 20_000,
    start: false,
    prepare: (dispatch, calls) => fill(dispatch, calls),
    async work(dispatch, calls, last) {
      await dispatch.start()
      await drained(dispatch, calls, last)
    },
  },
  p6: { calls: 1_000, start: true, work: (_, calls) => latencies(calls) },
  p7: { calls: 10_000, start: true, work: () => inParallel(10, 1, () => runFans(1, 1_000)) },
}

for (const name of process.argv.slice(2)) {
  const workload = WORKLOADS[name]
  if (workload === undefined)
    throw new TypeError(`${name}: wanted one of ${Object.keys(WORKLOADS).join(', ')}`)
  const samples = []
  for (let run = 0; run <= RUNS; run++) samples.push(await measure(workload))
  samples.shift() // Node.js compiles in it.
  const least = (key) => Math.min(...samples.map((sample) => sample[key])).toFixed(1)
  console.log(
    `${name}: µs of CPU per call, least of ${RUNS}: main ${least('main')}, store ${least('store')}, others ${least('others')}`,
  )
}
removeScratch()

async function measure({ calls, start, prepare, work }) {
  return await withEmbedded(makeScratchFolder(), { start }, async (dispatch) => {
    const prepared = await prepare?.(dispatch, calls)
    const before = threadMicros()
    await work(dispatch, calls, prepared)
    const used = Object.entries(threadMicros()).map(([id, micros]) => [
      id,
      (micros - (before[id] ?? 0)) / calls,
    ])
    const main = used.find(([id]) => id === String(process.pid))?.[1] ?? 0
    const [store = 0, ...others] = used
      .filter(([id]) => id !== String(process.pid))
      .map(([, micros]) => micros)
      .sort((a, b) => b - a)
    return { main, store, others: others.reduce((sum, micros) => sum + micros, 0) }
  })
}

/** CPU time that each thread of this process has used, in microseconds, by its id. */
function threadMicros() {
  const ids = readdirSync('/proc/self/task')
  return Object.fromEntries(
    ids.map((id) => [
      id,
      Number(readFileSync(`/proc/self/task/${id}/schedstat`, 'utf8').split(' ')[0]) / 1000,
    ]),
  )
}

function fill(dispatch, calls) {
  return dispatchInBatches(dispatch, calls, (index) => increment.buildCall(index))
}
