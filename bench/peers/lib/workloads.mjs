import { quantile } from '../../lib/measure/stats.mjs'

/**
 * What is measured of every contender that can do it.
 *
 * @typedef {object} Workload
 * @property {string} name - Of the method that a contender's process serves.
 * @property {string} id
 * @property {string} title
 * @property {number} count - Calls of a repetition.
 * @property {readonly { name: string, unit: string }[]} metrics
 * @property {(measured: Measured) => readonly number[]} values - One of each metric.
 */

/**
 * @typedef {object} Measured
 * @property {number} count
 * @property {number} ms
 * @property {number} cpuMicros - Of every process that takes part, servers included.
 * @property {readonly number[]} times - Milliseconds of each call, where they were asked for.
 */

const rateMetrics = [
  { name: 'rate', unit: 'calls/s' },
  { name: 'CPU per call', unit: 'µs' },
]

/** @param {Measured} measured */
const rateValues = ({ count, ms, cpuMicros }) => [(count / ms) * 1000, cpuMicros / count]

/** @type {readonly Workload[]} */
export const WORKLOADS = [
  {
    name: 'record',
    id: 'W1',
    title: 'record 5,000 calls, one by one, 64 at a time; nothing runs',
    count: 5_000,
    metrics: rateMetrics,
    values: rateValues,
  },
  {
    name: 'recordBatches',
    id: 'W1b',
    title: 'record 20,000 calls in batches of 1,000, one batch after the other; nothing runs',
    count: 20_000,
    metrics: rateMetrics,
    values: rateValues,
  },
  {
    name: 'executeAwaited',
    id: 'W2',
    title: 'record and run 5,000 no-ops and receive each result, 64 at a time',
    count: 5_000,
    metrics: rateMetrics,
    values: rateValues,
  },
  {
    name: 'latencies',
    id: 'W3',
    title: '200 no-ops, one at a time, from the call to its known result',
    count: 200,
    metrics: [
      { name: 'p50', unit: 'ms' },
      { name: 'p99', unit: 'ms' },
    ],
    values: ({ times }) => [quantile(times, 0.5), quantile(times, 0.99)],
  },
  {
    name: 'gather',
    id: 'W4',
    title: 'one durable call that makes 1,000 calls and gets all their results',
    count: 1_000,
    metrics: [
      { name: 'time', unit: 'ms' },
      { name: 'CPU per call made', unit: 'µs' },
    ],
    values: ({ count, ms, cpuMicros }) => [ms, cpuMicros / count],
  },
  {
    name: 'drain',
    id: 'W5',
    title: 'process a backlog of 5,000 no-ops, without waiting for results',
    count: 5_000,
    metrics: rateMetrics,
    values: rateValues,
  },
]
