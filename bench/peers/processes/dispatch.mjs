import { mkdtempSync } from 'node:fs'
import { join } from 'node:path'
import { func } from '@dispatch/core'
import { createEmbedded, dispatchInBatches, drained } from '../../lib/work/embedded.mjs'
import { CLIENTS, inParallel } from '../../lib/work/parallel.mjs'
import { executeAwaited, latencies, runFans } from '../../lib/work/workloads.mjs'
import { serveContender } from '../lib/methods.mjs'

// The embedded scheduler: client, scheduler and functions in one process.

/** @type {string} */
let folder
/** @type {import('@dispatch/core').Dispatch} */
let executing

serveContender({
  async open(options) {
    folder = options.folder
    executing = createEmbedded(folder)
    await executing.open()
    await executing.start()
  },
  methods: {
    record: {
      prepare: openOther,
      run: (count, { dispatch, increment }) =>
        inParallel(count, CLIENTS, (n) => dispatch.dispatch(increment, n)),
      finish: ({ dispatch }) => dispatch.close(),
    },
    recordBatches: {
      prepare: openOther,
      run: (count, { dispatch, increment }) => dispatchInBatches(dispatch, count, increment.buildCall),
      finish: ({ dispatch }) => dispatch.close(),
    },
    executeAwaited: { run: executeAwaited },
    latencies: { run: latencies },
    gather: { run: (width) => runFans(1, width) },
    drain: {
      async prepare(count) {
        const { dispatch, increment } = await openOther()
        return { dispatch, last: await dispatchInBatches(dispatch, count, increment.buildCall) }
      },
      async run(count, { dispatch, last }) {
        await dispatch.start()
        await drained(dispatch, count, last)
      },
      finish: ({ dispatch }) => dispatch.close(),
    },
  },
  close: () => executing.close(),
})

/** One over an empty file, which takes calls and runs none before it is started. */
async function openOther() {
  const increment = func('increment', async (/** @type {number} */ n) => n + 1)
  const dispatch = createEmbedded(mkdtempSync(join(folder, 'other-')), { functions: [increment] })
  await dispatch.open()
  return { dispatch, increment }
}
