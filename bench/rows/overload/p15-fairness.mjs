// P15: how long a single call waits behind a fan-out.
import { setTimeout as sleep } from 'node:timers/promises'
import { func } from '@dispatch/core'
import { parseArguments } from '../../lib/measure/arguments.mjs'
import { benchmark } from '../../lib/measure/benchmark.mjs'
import { createEmbedded } from '../../lib/work/embedded.mjs'

const { isLong } = parseArguments()
const FAN_OUT = isLong ? 1_000_000 : 50_000

/** Calls that one call of the fan-out makes. */
const WIDTH = 1_000

/** Single calls, one after the other, while the fan-out is worked off: the middle one and the worst count. */
const SINGLES = 50

await benchmark({
  id: 'P15',
  title: `one call behind a fan-out of ${FAN_OUT.toLocaleString('en-US')} calls of the same function`,
  how: `All calls of the fan-out, one tree, are recorded and wait before the first runs. While they are worked off, ${SINGLES} single calls are dispatched, one after the other; measured from dispatch() until the handler begins, its commit included. In the order of their arrival each would wait for what is left of the fan-out.${isLong ? '' : ' `--long` measures behind 1,000,000.'}`,
  warmUp: false,
  metrics: {
    waitMs: { name: 'wait behind the fan-out', unit: 'ms' },
    worstMs: { name: 'worst wait', unit: 'ms' },
    begun: { name: 'runs that began meanwhile', unit: 'runs' },
    worstBegun: { name: 'runs that began meanwhile, at worst', unit: 'runs' },
    left: { name: 'calls still waiting at the last', unit: 'calls' },
    idleMs: { name: 'wait without anything waiting', unit: 'ms' },
  },
  async measure({ count, folder }) {
    const calls = Math.max(1, Math.round(count(FAN_OUT) / WIDTH)) * WIDTH
    const work = createWork(calls)
    const dispatch = createEmbedded(folder(), { functions: work.functions, shutdownGraceMs: 0 })
    await dispatch.open()
    await dispatch.start()
    try {
      const idle = await work.measureSingles()
      await work.fanOut(dispatch)
      const behind = await work.measureSingles()
      const [stats] = dispatch.stats().filter((each) => each.function === 'leaf')
      return {
        waitMs: middle(behind.map(({ ms }) => ms)),
        worstMs: Math.max(...behind.map(({ ms }) => ms)),
        begun: middle(behind.map(({ begun }) => begun)),
        worstBegun: Math.max(...behind.map(({ begun }) => begun)),
        left: stats.waiting,
        idleMs: middle(idle.map(({ ms }) => ms)),
      }
    } finally {
      await dispatch.close()
    }
  },
})

/** A tree of so many leaves that waits at a gate, and single leaves that are timed. */
function createWork(calls) {
  let begun = 0
  let gate = Promise.resolve()
  let onSingle = (/** @type {number} */ _begun) => {}
  const leaf = func('leaf', async (/** @type {number} */ n) => {
    begun += 1
    if (n < 0) onSingle(begun)
    else await gate
  })
  const branch = func('branch', async (/** @type {number} */ width) => {
    await leaf.gather(Array.from({ length: width }, (_, index) => index))
  })
  const tree = func('tree', async (/** @type {number} */ width) => {
    await branch.gather(Array.from({ length: width }, () => WIDTH))
  })
  return {
    functions: [leaf, branch, tree],
    /** Makes the tree. Resolves when all its leaves wait, but those that stand at the gate; then the gate opens. */
    async fanOut(dispatch) {
      let open = () => {}
      gate = new Promise((resolve) => {
        open = () => resolve(undefined)
      })
      const handle = await tree.dispatch(calls / WIDTH)
      const waiting = () => dispatch.stats().find((each) => each.function === 'leaf')
      while (waiting().waiting + waiting().inFlight < calls) await sleep(1)
      // Reads from the store, after all of them are recorded.
      await handle.status()
      open()
    },
    /** Dispatches single leaves, one after the other. */
    async measureSingles() {
      const singles = []
      for (let index = 0; index < SINGLES; index += 1) {
        const single = new Promise((resolve) => {
          onSingle = (at) => resolve({ ms: performance.now() - startedMs, begun: at - before - 1 })
        })
        const [startedMs, before] = [performance.now(), begun]
        await leaf.dispatch(-1)
        singles.push(await single)
      }
      return singles
    },
  }
}

function middle(values) {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]
}
