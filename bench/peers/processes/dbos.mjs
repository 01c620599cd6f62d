import { DBOS } from '@dbos-inc/dbos-sdk'
import { CLIENTS, expect, inParallel, timesOf } from '../../lib/work/parallel.mjs'
import { createCountdown, serveContender } from '../lib/methods.mjs'

// DBOS: workflows, and who starts them and waits for them, in one process.

/** 10, the default, to 40 made no difference. */
const CONNECTIONS = 20

/**
 * How often a queue, and the result of a queued workflow, are asked for. The defaults are 1,000 ms; of 5 to 50 ms these gave
 * the highest rates and the shortest waits.
 */
const QUEUE_LIMITS = { workerConcurrency: CLIENTS, minPollingIntervalMs: 5 }
const AWAIT = { pollingIntervalMs: 10 }

const QUEUE = 'executed'

/** Called by each run of a workflow. */
let onRun = () => {}

const increment = DBOS.registerWorkflow(
  async (/** @type {number} */ n) => {
    onRun()
    return n + 1
  },
  { name: 'increment' },
)

const fan = DBOS.registerWorkflow(
  async (/** @type {number} */ width) => {
    const handles = await Promise.all(Array.from({ length: width }, (_, n) => start(n)))
    const outputs = await Promise.all(handles.map((handle) => handle.getResult(AWAIT)))
    return outputs.length
  },
  { name: 'fan' },
)

/** Whether workflows go through a queue, or start at once in this process. */
let isQueued = false
/** Each measurement of recording and of a backlog has a queue of its own. */
let queues = 0

serveContender({
  async open({ port, mode }) {
    isQueued = mode === 'queue'
    DBOS.setConfig({
      name: 'bench',
      systemDatabaseUrl: `postgres://bench@127.0.0.1:${port}/bench`,
      systemDatabasePoolSize: CONNECTIONS,
      logLevel: 'error',
    })
    await DBOS.launch()
  },
  methods: {
    record: { prepare: async () => `own-${++queues}`, run: enqueue },
    executeAwaited: {
      prepare: registerQueue,
      run: (count) => inParallel(count, CLIENTS, async (n) => expect(await result(n), n + 1)),
    },
    latencies: { prepare: registerQueue, run: (count) => timesOf(count, result) },
    gather: { prepare: registerQueue, run: gather },
    drain: {
      async prepare(count) {
        // An idle queue is asked all the same.
        await DBOS.deleteQueue(QUEUE)
        const queueName = `own-${++queues}`
        return { queueName, handles: await enqueue(count, queueName) }
      },
      run: drain,
      finish: ({ queueName }) => DBOS.deleteQueue(queueName),
    },
  },
  close: () => DBOS.shutdown(),
})

async function registerQueue() {
  if (isQueued) await DBOS.registerQueue(QUEUE, QUEUE_LIMITS)
}

async function start(n) {
  return await DBOS.startWorkflow(increment, isQueued ? { queueName: QUEUE } : {})(n)
}

async function result(n) {
  const handle = await start(n)
  return await handle.getResult(AWAIT)
}

async function gather(width) {
  const handle = await DBOS.startWorkflow(fan)(width)
  expect(await handle.getResult(), width)
}

/** Enqueues on a queue that is not processed before it is registered. */
async function enqueue(count, queueName) {
  const handles = []
  await inParallel(count, CLIENTS, async (n) => {
    handles.push(await DBOS.startWorkflow(increment, { queueName })(n))
  })
  return handles
}

/** @returns {Promise<number>} Milliseconds since the first run: it takes up to a second until a new queue is noticed. */
async function drain(count, { queueName, handles }) {
  const runs = createCountdown(count)
  let firstMs
  onRun = () => {
    firstMs ??= performance.now()
    runs.tick()
  }
  await DBOS.registerQueue(queueName, QUEUE_LIMITS)
  await runs.reached
  await DBOS.waitAll(handles, AWAIT)
  onRun = () => {}
  return performance.now() - firstMs
}
