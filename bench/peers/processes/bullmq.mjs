import { FlowProducer, Queue, QueueEvents, Worker } from 'bullmq'
import { CLIENTS, expect, inParallel, timesOf } from '../../lib/work/parallel.mjs'
import { createCountdown, inBatches, serveContender } from '../lib/methods.mjs'

// BullMQ: producer, workers and client in one process.

/**
 * Workers, and jobs that each has under way. An idle worker fetches its jobs one after the other, so that several answer
 * clients that wait up to three times as fast as one of 64; a backlog is worked off fastest by one.
 */
const AWAITED = { workers: 4, concurrency: CLIENTS / 4 }
const BACKLOG = { concurrency: CLIENTS }

/** Each client that waits for a result listens for the end of its queue. */
const LISTENERS_MAX = 2 * CLIENTS

const increment = async ({ data }) => data.n + 1

/** The parent of a flow runs after its children and has their results. */
const fan = async (job) => Object.keys(await job.getChildrenValues()).length

/** @type {import('bullmq').ConnectionOptions} */
let connection
/** @type {{ executed: Queue, events: QueueEvents, fanEvents: QueueEvents, flows: FlowProducer }} */
let own
/** Each measurement of recording and of a backlog has a queue of its own. */
let queues = 0

serveContender({
  async open({ port }) {
    connection = { host: '127.0.0.1', port }
    own = {
      executed: new Queue('executed', { connection }),
      events: new QueueEvents('executed', { connection }),
      fanEvents: new QueueEvents('fan', { connection }),
      flows: new FlowProducer({ connection }),
    }
    own.executed.setMaxListeners(LISTENERS_MAX)
    const { concurrency } = AWAITED
    const workers = [
      ...Array.from(
        { length: AWAITED.workers },
        () => new Worker('executed', increment, { connection, concurrency }),
      ),
      new Worker('fan', fan, { connection }),
    ]
    await Promise.all([...Object.values(own), ...workers].map((each) => each.waitUntilReady()))
  },
  methods: {
    record: {
      prepare: newQueue,
      run: (count, queue) => inParallel(count, CLIENTS, (n) => queue.add('increment', { n })),
      finish: (queue) => queue.close(),
    },
    recordBatches: { prepare: newQueue, run: addBulk, finish: (queue) => queue.close() },
    executeAwaited: {
      run: (count) => inParallel(count, CLIENTS, async (n) => expect(await result(n), n + 1)),
    },
    latencies: { run: (count) => timesOf(count, result) },
    gather: { run: gather },
    drain: {
      async prepare(count) {
        const queue = await newQueue()
        await addBulk(count, queue)
        const ends = createCountdown(count)
        const worker = new Worker(queue.name, increment, { connection, ...BACKLOG, autorun: false })
        // Emitted once Redis has acknowledged the result.
        worker.on('completed', ends.tick)
        await worker.waitUntilReady()
        return { queue, worker, ends }
      },
      async run(_count, { worker, ends }) {
        void worker.run()
        await ends.reached
      },
      async finish({ queue, worker }) {
        await worker.close()
        await queue.close()
      },
    },
  },
})

async function newQueue() {
  const queue = new Queue(`own-${++queues}`, { connection })
  await queue.waitUntilReady()
  return queue
}

async function addBulk(count, queue) {
  await inBatches(count, (indexes) => queue.addBulk(indexes.map((n) => ({ name: 'increment', data: { n } }))))
}

async function result(n) {
  const job = await own.executed.add('increment', { n })
  return await job.waitUntilFinished(own.events)
}

async function gather(width) {
  const children = Array.from({ length: width }, (_, n) => ({
    name: 'increment',
    data: { n },
    queueName: 'executed',
  }))
  const { job } = await own.flows.add({ name: 'fan', queueName: 'fan', children })
  expect(await job.waitUntilFinished(own.fanEvents), width)
}
