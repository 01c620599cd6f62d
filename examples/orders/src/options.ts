import { parseArgs } from 'node:util'

/** Options of the command line. */
export interface Options {
  /** Exit when the import is done. */
  readonly once: boolean
  /** Delete everything that was kept, and start again. */
  readonly fresh: boolean
  /** How many orders of the file to import. */
  readonly orders: number
  readonly port: number
  /** Folder of the store and the ledger. */
  readonly state: string
  /** URL of a payment service that is already running. */
  readonly payments: string | undefined
  readonly seed: number
  /** How many faults the payment service injects: 0 to 1. */
  readonly harshness: number
  readonly latencyMs: number
}

export const USAGE = `Imports orders.csv through an unreliable payment service.

  --once           exit when the import is done
  --fresh          delete everything that was kept, and start again
  --orders N       import the first N orders only
  --port N         port of the application, 3000 unless it is taken
  --state DIR      folder of the store and the ledger, .dispatch
  --payments URL   a payment service that is already running; else one is started
  --seed N         seed of the faults, 1
  --harshness X    how many faults it injects, from 0 to 1
  --latency-ms N   its average response time, 130
`

/** Reads the command line; `undefined` for `--help`. @throws {TypeError} On an unknown option. */
export function parseOptions(args: readonly string[]): Options | undefined {
  const { values } = parseArgs({
    args: [...args],
    options: {
      help: { type: 'boolean', short: 'h', default: false },
      once: { type: 'boolean', default: false },
      fresh: { type: 'boolean', default: false },
      orders: { type: 'string', default: '1000000' },
      port: { type: 'string', default: '3000' },
      state: { type: 'string', default: '.dispatch' },
      payments: { type: 'string' },
      seed: { type: 'string', default: '1' },
      harshness: { type: 'string', default: '1' },
      'latency-ms': { type: 'string', default: '130' },
    },
  })
  if (values.help) return undefined
  return {
    once: values.once,
    fresh: values.fresh,
    orders: numberOf('orders', values.orders),
    port: numberOf('port', values.port),
    state: values.state,
    payments: values.payments,
    seed: numberOf('seed', values.seed),
    harshness: numberOf('harshness', values.harshness),
    latencyMs: numberOf('latency-ms', values['latency-ms']),
  }
}

function numberOf(name: string, text: string): number {
  const value = Number(text)
  if (text !== '' && value >= 0) return value
  throw new TypeError(`--${name}: expected a number, got ${JSON.stringify(text)}`)
}
