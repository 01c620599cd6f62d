import { createRandom } from './randomness.js'

/** How the payment service fares for a while. */
export interface Conditions {
  /** Requests it works on at one time; it answers 429 to more. */
  readonly capacity: number
  /** Share of requests that go wrong in some other way. */
  readonly faultRate: number
  /** How much longer than on a good day an answer takes. */
  readonly slowness: number
}

/** Tells the conditions at a time, in milliseconds since the beginning. */
export type Weather = (elapsedMs: number) => Conditions

interface Phase extends Conditions {
  readonly untilMs: number
}

/**
 * Good times and bad times by turns, drawn from a seed: for some seconds the service bears much and hardly fails,
 * then for a moment it bears next to nothing and fails often.
 *
 * @param harshness - 1: as above; 0: always good.
 */
export function createWeather(seed: number, harshness: number): Weather {
  const random = createRandom(seed)
  const phases: Phase[] = []
  return (elapsedMs) => {
    for (;;) {
      const phase = phases.find(({ untilMs }) => elapsedMs < untilMs)
      if (phase !== undefined) return phase
      const fromMs = phases.at(-1)?.untilMs ?? 0
      const isGood = phases.length % 2 === 0
      phases.push(isGood ? goodTimes(fromMs, random, harshness) : badTimes(fromMs, random, harshness))
    }
  }
}

function goodTimes(fromMs: number, random: () => number, harshness: number): Phase {
  return {
    untilMs: fromMs + 4_000 + random() * 3_000,
    capacity: 22 + Math.floor(random() * 14),
    faultRate: 0.002 * harshness,
    slowness: 1,
  }
}

function badTimes(fromMs: number, random: () => number, harshness: number): Phase {
  return {
    untilMs: fromMs + 800 + random() * 900,
    capacity: harshness > 0 ? 3 + Math.floor(random() * 4) : 50,
    faultRate: 0.25 * harshness,
    slowness: 1 + harshness,
  }
}
