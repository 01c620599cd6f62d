import type { Dice } from './dice.js'
import { APP_POINTS, type Armed, type KillPoint, STORE_POINTS } from './programs/kill-points.js'

/** How a process dies: at a kill point, or a time after its start or after it became ready. */
export type Death =
  | { readonly kind: 'point'; readonly armed: Armed }
  | { readonly kind: 'starting'; readonly afterMs: number }
  | { readonly kind: 'working'; readonly afterMs: number }

/** The parts of a process: a store, functions, or both. */
export interface Part {
  readonly hasStore: boolean
  readonly hasFunctions: boolean
}

/** Kill points of a process that has just started. They are passed once or a few times. */
const OPENING: readonly KillPoint[] = ['schema', 'schema-commit', 'lock', 'open', 'load']

/** Rolls a death. One in three is at a random time instead of a kill point. */
export function rollDeath(dice: Dice, part: Part, isNewStore: boolean): Death {
  const roll = dice.next()
  if (roll < 0.1) return { kind: 'starting', afterMs: dice.between(0, 400) }
  if (roll < 0.35) return { kind: 'working', afterMs: dice.between(0, 200) }
  const points: KillPoint[] = []
  if (part.hasStore) points.push(...STORE_POINTS.filter((point) => isNewStore || !point.startsWith('schema')))
  if (part.hasFunctions) points.push(...APP_POINTS)
  const point = dice.pick(points)
  return { kind: 'point', armed: { point, time: timeOf(dice, point), delayUs: dice.between(0, 1_500) } }
}

function timeOf(dice: Dice, point: KillPoint): number {
  if (point === 'load') return dice.between(1, 3)
  if (OPENING.includes(point) || point === 'close') return 1
  return point === 'write' ? dice.between(1, 60) : dice.between(1, 12)
}

export function nameOf(death: Death): string {
  return death.kind === 'point' ? death.armed.point : death.kind
}
