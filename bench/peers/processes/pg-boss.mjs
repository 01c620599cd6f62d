import { setTimeout as sleep } from 'node:timers/promises'
import { PgBoss } from 'pg-boss'
import { CLIENTS, expect, inParallel, timesOf } from '../../lib/work/parallel.mjs'
import { createCountdown, inBatches, serveContender } from '../lib/methods.mjs'

// pg-boss: sender, worker and client in one process.

/** 10, the default, to 40 made no difference. */
const CONNECTIONS = 20

/** Workers fetch at once while batches are full, and are woken when a job comes. */
const WORK = { perJobResults: true, burstWhenBatchFull: true, pollingIntervalSeconds: 0.5 }

/**
 * Workers, and jobs that each fetches with one statement and completes with another. More workers make smaller batches, which
 * cost more than they gain, but where there is a backlog.
 */
const AWAITED = { ...WORK, localConcurrency: 1, batchSize: CLIENTS }
const BACKLOG = { ...WORK, localConcurrency: 2, batchSize: 500 }

/** pg-boss has no way to wait for a result. One statement asks for all that are waited for, so often. Milliseconds. */
const LOOK_MS = 5

const FIND_COMPLETED =
  "select id, output from pgboss.job where name = $1 and id = any($2::uuid[]) and state = 'completed'"

const COUNT_COMPLETED =
  "select count(*)::int as count from pgboss.job where name = $1 and state = 'completed'"

const increment = ({ id, data }) => ({ id, status: 'completed', output: { value: data.n + 1 } })

/** @type {PgBoss} */
let boss
/** Each measurement of recording and of a backlog has a queue of its own. */
let queues = 0

serveContender({
  async open({ port }) {
    boss = new PgBoss({
      connectionString: `postgres://bench@127.0.0.1:${port}/postgres`,
      max: CONNECTIONS,
      useListenNotify: true,
    })
    boss.on('error', (error) => console.error(error))
    await boss.start()
    await boss.createQueue('executed', { notify: true })
    await boss.work('executed', AWAITED, async (jobs) => jobs.map(increment))
  },
  methods: {
    record: {
      prepare: newQueue,
      run: (count, queue) => inParallel(count, CLIENTS, (n) => boss.send(queue, { n })),
    },
    recordBatches: { prepare: newQueue, run: insert },
    executeAwaited: {
      run: (count) => inParallel(count, CLIENTS, async (n) => expect(await result(n), n + 1)),
    },
    latencies: { run: (count) => timesOf(count, result) },
    drain: {
      async prepare(count) {
        const queue = await newQueue()
        await insert(count, queue)
        return queue
      },
      run: drain,
      finish: (queue) => boss.offWork(queue),
    },
  },
  close: () => boss.stop({ graceful: false }),
})

async function newQueue() {
  const queue = `own-${++queues}`
  await boss.createQueue(queue)
  return queue
}

async function insert(count, queue) {
  await inBatches(count, async (indexes) => {
    await boss.insert(
      queue,
      indexes.map((n) => ({ data: { n } })),
    )
  })
}

async function drain(count, queue) {
  const runs = createCountdown(count)
  await boss.work(queue, BACKLOG, async (jobs) => {
    for (const _ of jobs) runs.tick()
    return jobs.map(increment)
  })
  await runs.reached
  while ((await select(COUNT_COMPLETED, [queue]))[0].count < count) await sleep(LOOK_MS)
}

/** @type {Map<string, (value: number) => void>} */
const waiting = new Map()
let isLooking = false

async function result(n) {
  const id = await boss.send('executed', { n })
  return await new Promise((resolve) => {
    waiting.set(id, resolve)
    if (!isLooking) void look()
  })
}

/** Looks for results until none is waited for. */
async function look() {
  isLooking = true
  while (waiting.size > 0) {
    for (const { id, output } of await select(FIND_COMPLETED, ['executed', [...waiting.keys()]])) {
      waiting.get(id)?.(output.value)
      waiting.delete(id)
    }
    await sleep(LOOK_MS)
  }
  isLooking = false
}

async function select(text, values) {
  return (await boss.getDb().executeSql(text, values)).rows
}
