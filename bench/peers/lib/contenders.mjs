import { startChild } from '../../lib/work/child.mjs'
import { startHttpPair } from '../../lib/work/http-pair.mjs'

const PROCESSES = new URL('../processes/', import.meta.url)

/** Warnings of libraries about other libraries. */
const QUIET = ['--no-deprecation']

/**
 * One of those that are compared.
 *
 * @typedef {object} Contender
 * @property {string} name
 * @property {string} group - What `--only` calls it.
 * @property {'redis' | 'postgres'} [server] - What it needs.
 * @property {string} [setting] - Of the server.
 * @property {string} [dependency] - Package that it needs.
 * @property {(server: import('./server-process.mjs').Server, folder: string) => Promise<Opened>} open
 */

/**
 * A contender's processes: a client that does the workloads, and the others.
 *
 * @typedef {object} Opened
 * @property {import('../../lib/work/child.mjs').Child} client
 * @property {readonly { cpuMicros: () => Promise<number> }[]} processes - All of them, but the server's.
 * @property {() => Promise<void>} close
 */

/** @type {readonly Contender[]} */
export const CONTENDERS = [
  {
    name: 'Dispatch, embedded',
    group: 'dispatch',
    open: async (_server, folder) => await openProcess('dispatch', { folder }),
  },
  { name: 'Dispatch, over HTTP', group: 'dispatch', open: openHttp },
  {
    name: 'BullMQ, appendfsync everysec',
    group: 'bullmq',
    dependency: 'bullmq',
    server: 'redis',
    setting: 'everysec',
    open: async ({ port }) => await openProcess('bullmq', { port }),
  },
  {
    name: 'BullMQ, appendfsync always',
    group: 'bullmq',
    dependency: 'bullmq',
    server: 'redis',
    setting: 'always',
    open: async ({ port }) => await openProcess('bullmq', { port }),
  },
  {
    name: 'pg-boss',
    group: 'pg-boss',
    dependency: 'pg-boss',
    server: 'postgres',
    open: async ({ port }) => await openProcess('pg-boss', { port }),
  },
  {
    name: 'DBOS, started in the process',
    group: 'dbos',
    dependency: '@dbos-inc/dbos-sdk',
    server: 'postgres',
    open: async ({ port }) => await openProcess('dbos', { port, mode: 'process' }),
  },
  {
    name: 'DBOS, through a queue',
    group: 'dbos',
    dependency: '@dbos-inc/dbos-sdk',
    server: 'postgres',
    open: async ({ port }) => await openProcess('dbos', { port, mode: 'queue' }),
  },
]

export const GROUPS = [...new Set(CONTENDERS.map(({ group }) => group))]

/** @returns {Promise<Opened>} */
async function openProcess(name, options) {
  const client = startChild(name, { folder: PROCESSES, execArgv: QUIET })
  await client.ask('open', options)
  return { client, processes: [client], close: () => client.stop() }
}

/** @returns {Promise<Opened>} */
async function openHttp() {
  const startApplication = () => startChild('dispatch-http', { folder: PROCESSES })
  const pair = await startHttpPair({}, startApplication)
  return { client: pair.application, processes: pair.children, close: pair.close }
}
