// P17: what payloads of 10 MB by the hundred take of a process's memory.
import { parseArguments } from '../../lib/measure/arguments.mjs'
import { benchmark } from '../../lib/measure/benchmark.mjs'
import { startChild } from '../../lib/work/child.mjs'

const { isLong, isQuick } = parseArguments()
const COUNT = isLong ? 100 : 15
const BYTES = isQuick ? 500_000 : 10_000_000
const AT_ONE_TIME = 4

/** A child for each, since the highest RSS of a process never falls. */
const SITUATIONS = {
  inputs: async (child, count) => {
    await child.ask('start')
    await child.ask('fill', count, AT_ONE_TIME)
  },
  backlog: async (child, count) => {
    await child.ask('fill', count, AT_ONE_TIME)
    await child.ask('drain', count)
  },
  outputs: async (child, count) => {
    await child.ask('start')
    await child.ask('recordOutputs', count)
  },
  gather: async (child, count) => {
    await child.ask('start')
    await child.ask('gatherInputs', count)
  },
  chain: async (child, count) => {
    await child.ask('start')
    await child.ask('chainOutputs', count)
  },
}

await benchmark({
  id: 'P17',
  title: `${COUNT} payloads of 10 MB in one process`,
  how: `Highest RSS of the process, all threads, over what it was when the scheduler was open. Inputs: dispatched ${AT_ONE_TIME} at a time while they run; backlog: dispatched so, then run; outputs: of calls dispatched concurrently; gather: one function gathers calls that share an input; chain: one awaits outputs in sequence. ${isLong ? '' : '`--long`: 100 of each.'}`.trim(),
  runs: 1,
  warmUp: false,
  metrics: {
    inputs: { name: 'inputs', unit: 'MB', atMost: 700 },
    backlog: { name: 'backlog', unit: 'MB', atMost: 700 },
    outputs: { name: 'outputs', unit: 'MB', atMost: 700 },
    gather: { name: 'gather', unit: 'MB', atMost: 700 },
    chain: { name: 'chain', unit: 'MB', atMost: 700 },
  },
  async measure({ count, folder }) {
    const calls = count(COUNT)
    const peaks = {}
    for (const [name, work] of Object.entries(SITUATIONS)) {
      const child = startChild('big-payloads')
      await child.ask('open', folder(), BYTES)
      const before = await child.ask('peak')
      await work(child, calls)
      peaks[name] = ((await child.ask('peak')) - before) / 1e6
      await child.stop()
    }
    return peaks
  },
})
