import { parseArgs } from 'node:util'

/** What can be said on the command line. */
export interface Options {
  /** Exit when the import is done. */
  readonly once: boolean
  /** Forget everything, and begin anew. */
  readonly fresh: boolean
  /** How many orders of the file to import. */
  readonly orders: number
  readonly port: number
  /** Folder of what is kept. */
  readonly state: string
  /** URL of a payment service that runs already. */
  readonly payments: string | undefined
  readonly seed: number
  /** How badly the payment service behaves: 0 to 1. */
  readonly harshness: number
  readonly latencyMs: number
}

export const USAGE = `Imports orders.csv through a payment service that misbehaves.

  --once           exit when the import is done
  --fresh          forget everything that was kept, and begin anew
  --orders N       import the first N orders only
  --port N         port of the application, 3000 unless it is taken
  --state DIR      folder of what is kept, .dispatch
  --payments URL   a payment service that runs already; else one is started
  --seed N         another seed, other trouble
  --harshness X    how badly the payment service behaves, from 0 to 1
  --latency-ms N   how long it takes to answer, 130
`

/** Reads the command line; `undefined` when help is wanted. @throws {TypeError} On an unknown option. */
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
  throw new TypeError(`--${name}: wanted a number, got ${JSON.stringify(text)}`)
}
