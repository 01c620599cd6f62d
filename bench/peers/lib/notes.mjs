/**
 * What a contender does not do in a workload, by workload; under `none`, why a workload is not measured. Written beside every
 * figure, because a rate without it compares unlike things.
 *
 * @type {Record<string, { readonly notes: Record<string, string>, readonly none: Record<string, string> }>}
 */
export const NOTES = {
  'Dispatch, embedded': {
    notes: {
      W1: 'One process owns the file: no other process or machine can record into it. No transaction with the data of the application.',
      W1b: 'As W1.',
      W2: 'Client, scheduler and function share the process: no second machine takes over when it is lost with its disk.',
      W3: 'As W2; nothing crosses a process here, as it does with all the others.',
      W4: 'As W2.',
      W5: 'As W2; one process runs all, more processes are no help.',
    },
    none: {},
  },
  'Dispatch, over HTTP': {
    notes: {
      W1: 'The scheduler is one process over one file: no replica. No transaction with the data of the application. Recorded with a delay of an hour, since a stand-alone scheduler runs what it gets.',
      W1b: 'As W1.',
      W2: 'As W1 but the delay. It does more than the others: every run is signed with Ed25519 and verified.',
      W3: 'As W2.',
      W4: 'As W2.',
    },
    none: {
      W5: 'not measured: a stand-alone scheduler runs calls as they come and cannot be given a backlog first',
    },
  },
  'BullMQ, appendfsync everysec': {
    notes: {
      W1: 'Not durable when acknowledged: a crash of the machine loses the last second or two. The backlog has to fit into memory. No transaction with a database.',
      W1b: 'As W1.',
      W2: 'As W1, results included. The wait hears of the end by an event and is gone with the client. A job has no journal: it begins anew after a failure.',
      W3: 'As W2.',
      W4: 'As W1. The children (a flow) are named before the parent begins; it runs once, after them. Fan-out in the midst of a job is written by hand, by steps kept in its data.',
      W5: 'As W1.',
    },
    none: {},
  },
  'BullMQ, appendfsync always': {
    notes: {
      W1: 'The backlog has to fit into memory. No transaction with a database. Not the setting that its guide proposes.',
      W1b: 'As W1.',
      W2: 'As W1. The wait hears of the end by an event and is gone with the client. A job has no journal: it begins anew after a failure.',
      W3: 'As W2.',
      W4: 'As W1. The children (a flow) are named before the parent begins; it runs once, after them.',
      W5: 'As W1.',
    },
    none: {},
  },
  'pg-boss': {
    notes: {
      W1: 'It lacks nothing here that ours does. It can record in the transaction of the application, which ours cannot.',
      W1b: 'As W1.',
      W2: 'It has no wait for a result: the client here looks every 5 ms, with one statement for all clients, which is part of the figure. A job has no journal: it begins anew after a failure.',
      W3: 'As W2: up to 5 ms of it are the look.',
      W5: 'A batch of 500 is fetched, and completed, with one statement; a crash runs all of an unfinished batch again.',
    },
    none: {
      W4: 'not expressible: `flow()` holds a job back until others are completed, looked at every 5 s by default, and hands it no results',
    },
  },
  'DBOS, started in the process': {
    notes: {
      W2: 'No queue: no limit of concurrency, and no other process takes part. After a crash the workflow goes on when a process of the same name comes back, or by its conductor, a service beside it.',
      W3: 'As W2.',
      W4: 'As W2. Steps in place of workflows would cost less and could not be limited, retried by others or cancelled alone.',
    },
    none: {
      W1: 'see the queue: what is started in the process also runs',
      W1b: 'see the queue',
      W5: 'see the queue',
    },
  },
  'DBOS, through a queue': {
    notes: {
      W1: 'It lacks nothing here that ours does.',
      W2: 'Nobody is told: the queue is asked every 5 ms and each result every 10 ms here, every 1,000 ms by default; with the defaults a call takes a second or two.',
      W3: 'As W2.',
      W4: 'As W2. The parent is started in the process.',
      W5: 'As W2; at most 64 under way. Timed from the first run: a new queue is noticed within a second.',
    },
    none: { W1b: 'not expressible: there is no call that enqueues many' },
  },
}

/** @param {string} contender @param {string} workload */
export function canDo(contender, workload) {
  return workload in NOTES[contender].notes
}

/** How each is used, for who wants to judge or to repeat it. Kept beside the notes so that both are read together. */
export const SETTINGS = [
  'All: client, and the workers or functions, in one process of Node.js; a turn opens the contender over an empty server or file, in `bench/.scratch`, and closes both. Inputs and results are small numbers, and each result is checked.',
  'Dispatch: defaults. SQLite with a write-ahead log and `synchronous = FULL`; acknowledged after fdatasync. Over HTTP: a scheduler and a Fastify application.',
  'BullMQ: `queue.add`, `addBulk`, `waitUntilFinished`, flows; results kept, as is its default. 4 workers of concurrency 16 where somebody waits, because an idle worker fetches jobs one by one (measured: up to three times the rate of one of 64); one of 64 for a backlog. Redis: append-only file, no snapshots, `noeviction`.',
  'pg-boss: 20 connections; `useListenNotify` with a queue that notifies; `perJobResults`, `burstWhenBatchFull`; batches of 64 and one worker where somebody waits, of 500 and two workers for a backlog.',
  'DBOS: 20 connections; worker concurrency 64. The client is the application.',
  'PostgreSQL: a new cluster with its own defaults (`fsync`, `synchronous_commit` on), TCP on loopback.',
]

/** What ours lacks and others have, whatever the workload. */
export const OURS_LACKS = [
  'More than one scheduler over the same calls: ours is one process over one SQLite file. Redis and PostgreSQL can be replicated, and any number of processes can work on one queue.',
  'History that can be asked by SQL beside the data of the application (pg-boss, DBOS); recording in the transaction of the application (pg-boss), and a step that commits with its data (DBOS, its data sources).',
  'A dashboard, cron schedules, limits of calls per time (all three); events and progress of a job (BullMQ); publish and subscribe, dead letter queues (pg-boss); messages and streams between workflows, and forking one from a step (DBOS).',
  'Years of use by others.',
]

/** What several of the others do not do, whatever the workload. */
export const OTHERS_LACK = [
  'BullMQ and pg-boss are queues: a job does not await other jobs in its midst and go on where it was; in BullMQ by steps that the job keeps in its data by hand.',
  'All need a server beside the application; its CPU is in the figures, its operation is not.',
  'None adapts how many calls it sends to what the functions can take.',
]
