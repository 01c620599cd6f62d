import { createRandom } from './randomness.js'

/** Conditions of the payment service for some time. */
export interface Conditions {
  /** Concurrent requests that it accepts; further ones get a 429. */
  readonly capacity: number
  /** Share of requests with another fault. */
  readonly faultRate: number
  /** Factor by which responses are slower than in good conditions. */
  readonly slowness: number
}

/** The conditions at a time, in milliseconds since the start. */
export type Weather = (elapsedMs: number) => Conditions

interface Phase extends Conditions {
  readonly untilMs: number
}

/**
 * Good and bad conditions in turns, from a seed: for some seconds the service accepts many requests and rarely fails,
 * then for about a second it accepts few and often fails.
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
