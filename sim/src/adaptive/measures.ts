import type { Sample } from './observe.js'

/** Share of the runs of all flows, or of one, that were throttled. */
export function throttledShare(samples: readonly Sample[], flow?: number): number {
  const chosen = samples.flatMap(({ flows }) => (flow === undefined ? flows : flows.slice(flow, flow + 1)))
  const throttled = chosen.reduce((sum, sample) => sum + sample.throttled, 0)
  const admitted = chosen.reduce((sum, sample) => sum + sample.admitted, 0)
  return throttled / (throttled + admitted)
}

/** Average share of a destination's capacity that is in use. */
export function usedShare(samples: readonly Sample[], destination: string): number {
  const sum = (key: 'busy' | 'capacity'): number =>
    samples.reduce((total, sample) => total + (sample[key][destination] as number), 0)
  return sum('busy') / sum('capacity')
}

/** Runs of one flow that were admitted. */
export function admittedRuns(samples: readonly Sample[], flow: number): number {
  return samples.reduce((sum, { flows }) => sum + (flows[flow]?.admitted ?? 0), 0)
}

/** Jain's index of fairness: 1 when all shares are equal, 1/n when one has everything. */
export function jainIndex(shares: readonly number[]): number {
  const sum = shares.reduce((total, share) => total + share, 0)
  const squares = shares.reduce((total, share) => total + share * share, 0)
  return (sum * sum) / (shares.length * squares)
}
