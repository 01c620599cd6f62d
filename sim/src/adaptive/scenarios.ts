import type { DestinationOptions } from './destination.js'
import { type Flow, observe, type Sample } from './observe.js'

/** A scenario, and what is drawn of it. */
export interface Scenario {
  readonly title: string
  readonly says: string
  /** Destination whose capacity and use are drawn. */
  readonly destination: string
  /** Flows whose limits are drawn, by index, with their labels. */
  readonly curves: readonly { readonly flow: number; readonly name: string }[]
  readonly samples: readonly Sample[]
}

const WORK_MS = 100
const FOR_MS = 30_000
const EVERY_MS = 100

/** The curves of docs/understand/adaptive-concurrency.svg. */
export function scenarios(seed: number): Scenario[] {
  const run = (flows: readonly Flow[]): Sample[] => observe(seed, flows, { forMs: FOR_MS, everyMs: EVERY_MS })
  const one = run([flow(destination('a', () => 60))])
  const halving = run([flow(destination('a', (atMs) => (atMs >= 12_000 && atMs < 20_000 ? 40 : 80)))])
  const two = run([
    flow(destination('a', () => 40)),
    flow(destination('b', (atMs) => (atMs >= 10_000 && atMs < 18_000 ? 4 : 40))),
  ])
  const shared = destination('a', () => 60)
  const tenants = run([flow(shared, 'x'), { ...flow(shared, 'y'), beginsAtMs: 8_000 }])
  return [
    {
      title: 'A hidden capacity of 60',
      says: 'From 10 the search is fast. Then occasional refusals keep the limit at the capacity.',
      destination: 'a',
      curves: [{ flow: 0, name: 'limit' }],
      samples: one,
    },
    {
      title: 'The capacity halves at 12 s and recovers at 20 s',
      says: 'The limit follows within one round trip, and finds the recovered capacity in about a second.',
      destination: 'a',
      curves: [{ flow: 0, name: 'limit' }],
      samples: halving,
    },
    {
      title: 'Two destinations: one loses nine tenths of its capacity …',
      says: 'Each has its own limit. This one follows the loss at 10 s and recovers after 18 s.',
      destination: 'b',
      curves: [{ flow: 1, name: 'limit' }],
      samples: two,
    },
    {
      title: '… and the other is not affected',
      says: 'Its limit stays as it was.',
      destination: 'a',
      curves: [{ flow: 0, name: 'limit' }],
      samples: two,
    },
    {
      title: 'Two tenants share 60; the second starts at 8 s',
      says: 'Larger shares are refused more often, until both are equal.',
      destination: 'a',
      curves: [
        { flow: 0, name: 'limit of the first' },
        { flow: 1, name: 'limit of the second' },
      ],
      samples: tenants,
    },
  ]
}

function destination(name: string, capacityAt: (trueMs: number) => number): DestinationOptions {
  return { name, capacityAt, unit: 'concurrent runs', workMs: WORK_MS, refusalMs: WORK_MS / 10 }
}

function flow(to: DestinationOptions, tenant = 'x'): Flow {
  return { tenant, function: 'f', destination: to, beginsAtMs: 0 }
}
