/**
 * What a contender does not do in a workload, by workload; under `none`, why a workload is not measured. Printed next to each
 * figure: a rate alone compares unlike things.
 *
 * @type {Record<string, { readonly notes: Record<string, string>, readonly none: Record<string, string> }>}
 */
export const NOTES = {
  'Dispatch, embedded': {
    notes: {
      W1: 'One process owns the file: no other process or machine can record into it. No transaction with the data of the application.',
      W1b: 'As W1.',
      W2: 'Client, scheduler and function share the process: no other machine takes over if the machine and its disk are lost.',
      W3: 'As W2; no call crosses a process boundary, as it does in all other systems.',
      W4: 'As W2.',
      W5: 'As W2; one process runs everything, and more processes do not help.',
    },
    none: {},
  },
  'Dispatch, over HTTP': {
    notes: {
      W1: 'The scheduler is one process over one file: no replica. No transaction with the data of the application. Recorded with a delay of an hour, because a stand-alone scheduler runs calls immediately.',
      W1b: 'As W1.',
      W2: 'As W1, without the delay. It does more than the others: every run is signed with Ed25519 and verified.',
      W3: 'As W2.',
      W4: 'As W2.',
    },
    none: {
      W5: 'not measured: a stand-alone scheduler runs calls as they arrive, so a backlog cannot be built up first',
    },
  },
  'BullMQ, appendfsync everysec': {
    notes: {
      W1: 'Not durable when acknowledged: a crash of the machine loses the last second or two. The backlog has to fit into memory. No transaction with a database.',
      W1b: 'As W1.',
      W2: 'As W1, results included. The end of a job is reported by an event, and the wait is lost with the client. A job has no journal: it starts again after a failure.',
      W3: 'As W2.',
      W4: 'As W1. The children (a flow) are declared before the parent starts, which runs once, after them. Fan-out in the middle of a job has to be written by hand, with steps kept in its data.',
      W5: 'As W1.',
    },
    none: {},
  },
  'BullMQ, appendfsync always': {
    notes: {
      W1: 'The backlog has to fit into memory. No transaction with a database. Not the setting recommended in its guide.',
      W1b: 'As W1.',
      W2: 'As W1. The end of a job is reported by an event, and the wait is lost with the client. A job has no journal: it starts again after a failure.',
      W3: 'As W2.',
      W4: 'As W1. The children (a flow) are declared before the parent starts, which runs once, after them.',
      W5: 'As W1.',
    },
    none: {},
  },
  'pg-boss': {
    notes: {
      W1: 'Nothing that Dispatch does. It can record in the transaction of the application, which Dispatch cannot.',
      W1b: 'As W1.',
      W2: 'It cannot wait for a result: the client polls every 5 ms, with one statement for all clients, and the figure includes that. A job has no journal: it starts again after a failure.',
      W3: 'As W2: up to 5 ms of it are polling.',
      W5: 'A batch of 500 is fetched and completed with one statement each; after a crash an unfinished batch runs again as a whole.',
    },
    none: {
      W4: 'not expressible: `flow()` delays a job until others are completed, which it polls for every 5 s by default, and passes no results to it',
    },
  },
  'DBOS, started in the process': {
    notes: {
      W2: 'No queue: no limit of concurrency, and no other process takes part. After a crash a workflow continues when a process of the same name starts again, or through its conductor, a separate service.',
      W3: 'As W2.',
      W4: 'As W2. Steps instead of workflows would cost less, but cannot be limited, retried by other processes or cancelled individually.',
    },
    none: {
      W1: 'see the queue: a workflow that is started in the process also runs',
      W1b: 'see the queue',
      W5: 'see the queue',
    },
  },
  'DBOS, through a queue': {
    notes: {
      W1: 'Nothing that Dispatch does.',
      W2: 'No notifications: here the queue is polled every 5 ms and each result every 10 ms, by default every 1,000 ms, with which a call takes one or two seconds.',
      W3: 'As W2.',
      W4: 'As W2. The parent is started in the process.',
      W5: 'As W2; at most 64 concurrently. Timed from the first run: a new queue is detected within a second.',
    },
    none: { W1b: 'not expressible: the API has no function that enqueues many' },
  },
}

/** @param {string} contender @param {string} workload */
export function canDo(contender, workload) {
  return workload in NOTES[contender].notes
}

/** How each contender is configured. Next to the notes, so that both are read together. */
export const SETTINGS = [
  'All: client, and the workers or functions, in one process of Node.js; each turn opens the contender on an empty server or file, in `bench/.scratch`, and closes both. Inputs and results are small numbers, and each result is checked.',
  'Dispatch: defaults. SQLite with a write-ahead log and `synchronous = FULL`; acknowledged after fdatasync. Over HTTP: a scheduler and a Fastify application.',
  'BullMQ: `queue.add`, `addBulk`, `waitUntilFinished`, flows; results kept, as is its default. 4 workers of concurrency 16 where clients wait, because an idle worker fetches jobs one by one (measured: up to three times the rate of one worker of 64); one of 64 for a backlog. Redis: append-only file, no snapshots, `noeviction`.',
  'pg-boss: 20 connections; `useListenNotify` with a queue that notifies; `perJobResults`, `burstWhenBatchFull`; batches of 64 and one worker where clients wait, of 500 and two workers for a backlog.',
  'DBOS: 20 connections; worker concurrency 64. The client is the application.',
  'PostgreSQL: a new cluster with its own defaults (`fsync`, `synchronous_commit` on), TCP on loopback.',
]

/** What Dispatch lacks and others have, in every workload. */
export const OURS_LACKS = [
  'More than one scheduler for the same calls: Dispatch is one process with one SQLite file. Redis and PostgreSQL can be replicated, and any number of processes can work on one queue.',
  'History that can be queried with SQL together with the data of the application (pg-boss, DBOS); recording in the transaction of the application (pg-boss), and a step that commits with its data (DBOS, its data sources).',
  'A dashboard, cron schedules, rate limits (all three); events and progress of a job (BullMQ); publish and subscribe, dead letter queues (pg-boss); messages and streams between workflows, and forking one from a step (DBOS).',
  'Years of use by others.',
]

/** What several of the others do not do, in every workload. */
export const OTHERS_LACK = [
  'BullMQ and pg-boss are queues: a job cannot await other jobs and continue from there; in BullMQ only with steps that the job keeps in its data by hand.',
  'All need a separate server; its CPU time is in the figures, the work to operate it is not.',
  'None adapts its concurrency to the capacity of the functions.',
]
