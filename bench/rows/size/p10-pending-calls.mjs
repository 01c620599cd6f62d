// P10: what a scheduler with very many calls weighs, and how soon it works again after a crash.
import { parseArguments } from '../../lib/measure/arguments.mjs'
import { benchmark } from '../../lib/measure/benchmark.mjs'
import { startChild } from '../../lib/work/child.mjs'

const { isLong } = parseArguments()
const COUNT = 1_000_000

const GC = { execArgv: ['--expose-gc'] }

await benchmark({
  id: 'P10',
  title: '1,000,000 pending calls',
  how: 'The process that has recorded the calls is killed with SIGKILL. Start to first run: from the start of a new process, Node.js included, until a handler runs. RSS after garbage collection, over a process with an empty store. `--long`: three times.',
  runs: isLong ? 3 : 1,
  warmUp: false,
  metrics: {
    startMs: { name: 'start to first run after a crash', unit: 'ms', atMost: 15_000, stretch: 5_000 },
    rss: { name: 'RSS over an empty scheduler', unit: 'MB', atMost: 600, stretch: 300 },
    heap: { name: 'heap per call', unit: 'B' },
  },
  async measure({ count, folder }) {
    const calls = count(COUNT)
    const path = folder()
    await crashAfterRecording(path, calls)
    const full = await startAfterCrash(path)
    const emptyPath = folder()
    await crashAfterRecording(emptyPath, 1)
    const empty = await startAfterCrash(emptyPath)
    return {
      startMs: full.startMs,
      rss: (full.rss - empty.rss) / 1e6,
      heap: (full.heap - empty.heap) / calls,
    }
  },
})

async function crashAfterRecording(folder, calls) {
  const child = startChild('calls-at-rest')
  await child.ask('open', folder)
  await child.ask('fill', calls)
  await child.kill()
}

async function startAfterCrash(folder) {
  const startedMs = performance.now()
  const child = startChild('calls-at-rest', GC)
  await child.ask('open', folder)
  await child.ask('startToFirstRun')
  const startMs = performance.now() - startedMs
  const memory = await child.ask('memoryInUse')
  await child.kill()
  return { startMs, ...memory }
}
